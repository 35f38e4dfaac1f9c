import { MillraceError } from "../../errors.ts";
import { type Duration, defaultLambdaMemory, parseDuration, parseSize, type Size } from "../../units.ts";
import type { Compute, PythonEnvironment, Retry, StepDefinition } from "../definition.ts";
import { type DeployOptions, readDeploy } from "./deploy.ts";
import { readPythonBody } from "./python.ts";

/** What `@step({ … })` takes. The values must be literals or constants: they are the same in every task. */
export interface StepOptions extends PythonEnvironment {
  /**
   * The Python function that is the step's body, `"train.py:fit"`, or its file alone for the function of the step's name; the file is below the
   * flow's folder. The method then only declares where the step goes: its code never runs, and of several transitions the function chooses
   * one by returning the name of its step. A foreach goes over an artifact: `this.foreach(this.rows, this.train)`.
   */
  readonly python?: string;
  /** Where the step's tasks run on AWS. Default: Lambda with 1 GiB. */
  readonly compute?: LambdaCompute | BatchCompute;
  /** Attempts after the first, or how to make them. Default 0. */
  readonly retry?: number | RetryOptions;
  /** What one attempt may take. Default: no limit here, 15 minutes on Lambda. */
  readonly timeout?: Duration;
  /** Runs the step in a process of its own on a laptop, for native code or much memory. Default: a worker thread. */
  readonly isolate?: "process";
  /**
   * When its body has run, the step puts artifacts behind an endpoint: on AWS SageMaker's, on a laptop a bundle in the store. The step has
   * succeeded when the endpoint is in service; where it does not come so far, what was there before answers on, and the step fails.
   */
  readonly deploy?: DeployOptions;
}

export interface LambdaCompute {
  readonly kind: "lambda";
  /** 128 MiB to 10 GiB. Default 1 GiB. */
  readonly memory?: Size;
  /**
   * Of a Python step: a container image, which Docker builds while the flow is deployed. Default: a zip, which needs no Docker, unless the
   * packages have more than the 250 MB that Lambda unpacks.
   */
  readonly package?: "image";
}

export interface BatchCompute {
  readonly kind: "batch";
  readonly vcpu: number;
  readonly memory: Size;
  readonly gpu?: number;
  /** Of a registry. Default: the stock image of Node 24. */
  readonly image?: string;
}

export interface RetryOptions {
  /** Attempts after the first. */
  readonly times: number;
  /** Before the first of them. Default 1 s. */
  readonly interval?: Duration;
  /** What each further wait is multiplied by. Default 2. */
  readonly backoff?: number;
}

/** The options as the flow's definition has them. */
export type StepSettings = Partial<
  Pick<StepDefinition, "body" | "compute" | "retry" | "timeout" | "isolate" | "deploy">
>;

/** @throws MillraceError `STEP_OPTIONS` where a value is not what {@link StepOptions} says: JavaScript and YAML have no types that would. */
export function readStepOptions(step: string, options: StepOptions): StepSettings {
  try {
    const { compute, retry, timeout, isolate, deploy, python, ...environment } = options;
    const { requirements, conda, pythonVersion, interpreter, ...rest } = environment;
    refuseUnknown("an option of a step", rest);
    const body = readPythonBody(step, python, { requirements, conda, pythonVersion, interpreter });
    if (isolate !== undefined && isolate !== "process") refuse("isolate", isolate, '"process"');
    return {
      ...(body !== undefined && { body }),
      ...(compute !== undefined && { compute: readCompute(compute, body !== undefined) }),
      ...(retry !== undefined && { retry: readRetry(retry) }),
      ...(timeout !== undefined && { timeout: atLeast("timeout", parseDuration(timeout), 0.001) }),
      ...(isolate !== undefined && { isolate }),
      ...(deploy !== undefined && { deploy: readDeploy(deploy) }),
    };
  } catch (cause) {
    if (!(cause instanceof MillraceError)) throw cause;
    throw new MillraceError("STEP_OPTIONS", `The step ${step}: ${cause.message}`, {
      ...(cause.fix !== undefined && { fix: cause.fix }),
      cause,
    });
  }
}

function readCompute(compute: LambdaCompute | BatchCompute, isPython: boolean): Compute {
  if (compute.kind === "lambda") {
    const { kind, memory = defaultLambdaMemory, package: form, ...rest } = compute;
    refuseUnknown("an option of a Lambda step", rest);
    const mebibytes = parseSize(memory);
    if (mebibytes < 128 || mebibytes > 10_240) refuse("memory", memory, "128 MiB to 10 GiB on Lambda");
    if (form !== undefined && (form !== "image" || !isPython)) refuse("package", form, '"image", of a Python step');
    return { kind, memory: mebibytes, ...(form !== undefined && { package: form }) };
  }
  if (compute.kind === "batch") {
    const { kind, vcpu, memory, gpu, image, ...rest } = compute;
    refuseUnknown("an option of a Batch step", rest);
    return {
      kind,
      vcpu: atLeast("vcpu", vcpu, 0.25),
      memory: parseSize(memory),
      ...(gpu !== undefined && { gpu: whole("gpu", gpu, 1) }),
      ...(image !== undefined && {
        image: typeof image === "string" ? image : refuse("image", image, "the name of an image"),
      }),
    };
  }
  return refuse("compute", (compute as { kind?: unknown }).kind, 'of the kind "lambda" or "batch"');
}

function readRetry(retry: number | RetryOptions): Retry {
  const { times, interval = "1 s", backoff = 2, ...rest } = typeof retry === "number" ? { times: retry } : retry;
  refuseUnknown("an option of retry", rest);
  return {
    times: whole("retry", times, 0),
    interval: parseDuration(interval),
    backoff: atLeast("backoff", backoff, 1),
  };
}

function whole(name: string, value: number, least: number): number {
  return Number.isSafeInteger(value) && value >= least ? value : refuse(name, value, `a whole number from ${least}`);
}

function atLeast(name: string, value: number, least: number): number {
  return Number.isFinite(value) && value >= least ? value : refuse(name, value, `a number from ${least}`);
}

function refuseUnknown(what: string, rest: object): void {
  const [name] = Object.keys(rest);
  if (name !== undefined) throw new MillraceError("STEP_OPTIONS", `${name} is not ${what}.`, { fix: "Remove it." });
}

function refuse(name: string, value: unknown, expected: string): never {
  throw new MillraceError("STEP_OPTIONS", `${name} is ${expected}; received ${JSON.stringify(value)}.`, {
    fix: `Let ${name} be ${expected}.`,
  });
}
