import { Stack } from "aws-cdk-lib";
import type { Construct, IConstruct } from "constructs";
import type { StoreLocation } from "../../lib/client/open.ts";
import type { PlacedEnvironment } from "../../lib/model/python/load.ts";
import { scratchFolder } from "../assets.ts";
import { askChild } from "../bundle/child.ts";
import { DeployError } from "../errors.ts";
import type { ServiceBundle } from "./request.ts";

/** A service's file, and the versions of a store that are packed into it. */
export interface PackedService {
  /** `service.ts`; `service.ts#IrisClassifier` names one of several. */
  readonly service: string;
  /**
   * By field: `iris:20261123-201901-429-zvvv` or `iris:production`. An alias means the version that it points to when the app is synthesized:
   * the next `cdk deploy` follows it.
   */
  readonly models: Readonly<Record<string, string>>;
  /** A folder, or the table and bucket of a deployed environment, by their names. Default: the folder `MILLRACE_STORE`, or `.millrace`. */
  readonly store?: StoreLocation;
  /** What a service in Python runs in where its class names no environment. Default: the Python of this machine. */
  readonly python?: PlacedEnvironment;
}

/**
 * What an endpoint serves: a bundle's folder; a service's file (`service.ts`, `service.ts#IrisClassifier`), which packs its models itself; or
 * a file with versions of a store.
 */
export type ModelSource = string | PackedService;

/** Of each app: two constructs of one source have one bundle. */
const known = new WeakMap<IConstruct, Map<string, ServiceBundle>>();

/** @throws DeployError where a construct has no props: apps in JavaScript have no types that say so. */
export function assertProps({ node, constructor: { name } }: Construct, props: unknown): void {
  if (typeof props === "object" && props !== null) return;
  throw new DeployError(
    `The ${name} ${node.path} has no props; received ${String(props)}.`,
    `Say what it serves: new ${name}(stack, ${JSON.stringify(node.id)}, { source: "service.ts" }).`,
  );
}

/** @throws MillraceError where the service, its bundle or its models are not right. */
export function bundleOf(scope: Construct, source: ModelSource): ServiceBundle {
  if (typeof source !== "string" && typeof source?.service !== "string") {
    throw new DeployError(
      `The source of ${scope.node.path} is a path, or an object with service; received ${JSON.stringify(source)}.`,
      'Give "service.ts", or { service: "service.ts", models: { model: "iris:production" } }.',
    );
  }
  const { service: target, ...packed } = typeof source === "string" ? { service: source, models: {} } : source;
  const service = { target, ...packed, scratch: scratchFolder(), bundle: Stack.of(scope).bundlingRequired };
  const { root } = scope.node;
  const bundles = known.get(root) ?? new Map<string, ServiceBundle>();
  known.set(root, bundles);
  const key = JSON.stringify(service);
  const bundle = bundles.get(key) ?? askChild<ServiceBundle>({ service });
  bundles.set(key, bundle);
  return bundle;
}
