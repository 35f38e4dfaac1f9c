import { MillraceError } from "../../errors.ts";
import { type Duration, parseDuration, parseSize, type Size } from "../../units.ts";
import type { Deploy, Hosting } from "../definition.ts";
import { fileBelow } from "./file-below.ts";

/** What `@step({ deploy: … })` takes. */
export interface DeployOptions {
  /** Letters, digits and hyphens, 63 at most. */
  readonly endpoint: string;
  /** The file of the service, `service.ts` or `service.py`, below the flow's folder; `service.ts#IrisClassifier` names one of several in it. */
  readonly service: string;
  /**
   * By the model's path in the service, the artifact that it is: `{ model: "softmax", "scaler.model": "scaler" }`. Default of each: the artifact
   * of the same name.
   */
  readonly models?: Readonly<Record<string, string>>;
  /** Instances of SageMaker, such as `ml.m5.large`; either this or `serverless`. */
  readonly instanceType?: string;
  /** Default 1. */
  readonly instanceCount?: number;
  readonly serverless?: ServerlessOptions;
  /** How long the endpoint may take until it is in service. Default `"1 h"`. */
  readonly timeout?: Duration;
}

export interface ServerlessOptions {
  /** 1 to 6 GiB, in whole ones. */
  readonly memory: Size;
  /** Requests at a time, 1 to 200. Default 5. */
  readonly maxConcurrency?: number;
}

/** @throws MillraceError `STEP_OPTIONS` where a value is not what {@link DeployOptions} says. */
export function readDeploy(options: DeployOptions): Deploy {
  if (typeof options !== "object" || options === null) {
    refuse("deploy", options, "an endpoint and a service", 'deploy: { endpoint: "iris", service: "service.ts", … }');
  }
  const { endpoint, service, models = {}, timeout = "1 h", instanceType, instanceCount, serverless, ...rest } = options;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refusal(`${unknown} is not an option of deploy.`, "Remove it.");
  if (!/^[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}$/.test(String(endpoint))) {
    refuse("endpoint", endpoint, "a name of up to 63 letters, digits and hyphens between them", 'endpoint: "iris"');
  }
  return {
    endpoint,
    service: readService(service),
    models: readModels(models),
    hosting: readHosting(instanceType, instanceCount, serverless),
    timeout: atLeastAMinute(timeout),
  };
}

function readService(service: unknown): string {
  const [, file, name] = /^([^#]+\.(?:[cm]?[jt]s|py))(#[\w$]+)?$/.exec(String(service)) ?? [];
  if (file === undefined)
    refuse(
      "service",
      service,
      "a file in TypeScript, JavaScript or Python, or that and a class of it",
      'service: "service.ts"',
    );
  return `${fileBelow(file)}${name ?? ""}`;
}

function readModels(models: unknown): Deploy["models"] {
  const isRecord = typeof models === "object" && models !== null && !Array.isArray(models);
  const isPath = (name: string) => /^[\w$]+(?:\.[\w$]+)*$/.test(name);
  if (!isRecord || !Object.entries(models).every(([path, name]) => isPath(path) && typeof name === "string")) {
    refuse("models", models, "artifacts by the names of the service's models", 'models: { model: "softmax" }');
  }
  return models as Deploy["models"];
}

function readHosting(type: unknown, count: unknown = 1, serverless: ServerlessOptions | undefined): Hosting {
  if ((type === undefined) === (serverless === undefined)) {
    throw refusal(
      type === undefined
        ? "deploy does not say what the endpoint runs on."
        : "deploy has both instanceType and serverless.",
      'Write either instanceType: "ml.m5.large" or serverless: { memory: "2 GiB" }.',
    );
  }
  if (serverless !== undefined) return readServerless(serverless);
  if (!/^ml\.[a-z0-9-]+\.[a-z0-9-]+$/.test(String(type))) {
    refuse("instanceType", type, "a type of SageMaker's", 'instanceType: "ml.m5.large"');
  }
  if (!isWhole(count, 1, 10_000)) refuse("instanceCount", count, "a whole number from 1", "instanceCount: 1");
  return { kind: "instances", type: String(type), count };
}

function readServerless({ memory, maxConcurrency = 5, ...rest }: ServerlessOptions): Hosting {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refusal(`${unknown} is not an option of serverless.`, "Remove it.");
  const mebibytes = parseSize(memory);
  if (mebibytes % 1024 !== 0 || !isWhole(mebibytes / 1024, 1, 6)) {
    refuse("memory", memory, "1 to 6 GiB in whole ones on a serverless endpoint", 'memory: "2 GiB"');
  }
  if (!isWhole(maxConcurrency, 1, 200)) {
    refuse("maxConcurrency", maxConcurrency, "a whole number from 1 to 200", "maxConcurrency: 5");
  }
  return { kind: "serverless", memory: mebibytes, maxConcurrency };
}

function atLeastAMinute(timeout: Duration): number {
  const seconds = parseDuration(timeout);
  return seconds >= 60 ? seconds : refuse("timeout", timeout, "at least a minute for an endpoint", 'timeout: "30 min"');
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
}

function refuse(name: string, value: unknown, expected: string, example: string): never {
  throw refusal(`${name} is ${expected}; received ${JSON.stringify(value)}.`, `Write ${example}.`);
}

function refusal(message: string, fix: string): MillraceError {
  return new MillraceError("STEP_OPTIONS", message, { fix });
}
