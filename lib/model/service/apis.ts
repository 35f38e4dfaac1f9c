import { ModelError } from "../errors.ts";
import { type ApiContext, type ApiSettings, markOf } from "./api.ts";
import type { ModelService, ServiceClass } from "./model-service.ts";

/** An API as its class declares it. */
export interface Api extends ApiSettings {
  readonly name: string;
  readonly method: (this: ModelService, input: unknown, context: ApiContext) => unknown;
}

/**
 * All APIs of a service in the order of declaration, inherited ones first.
 *
 * @throws ModelError `SERVICE` where there is none, or a method without `@api` overrides one.
 */
export function apisOf(service: ServiceClass): readonly Api[] {
  const apis = new Map<string, Api>();
  for (const prototype of prototypes(service)) {
    for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      const mark = markOf(method);
      if (mark !== undefined) apis.set(name, { name, method: mark.method as Api["method"], ...mark.settings });
      else if (apis.has(name)) {
        throw new ModelError("SERVICE", `${service.name}.${name} overrides an API, but has no @api.`, {
          fix: `Put @api before ${name}.`,
        });
      }
    }
  }
  if (apis.size === 0) {
    throw new ModelError("SERVICE", `${service.name} has no API.`, {
      fix: "Put @api({ input, output }) before a method.",
    });
  }
  return [...apis.values()];
}

function prototypes(service: ServiceClass): object[] {
  const chain: object[] = [];
  for (
    let at: object | null = service.prototype;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  )
    chain.unshift(at);
  return chain;
}
