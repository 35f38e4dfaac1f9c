/**
 * A flow as a plain JSON document. A class or a YAML file becomes this; everything behind the front ends (check, fold, local scheduler,
 * state machine) sees only this.
 */
export interface FlowDefinition {
  readonly version: 1;
  readonly name: string;
  readonly doc?: string;
  /** The file that declares the flow, relative to the folder that the command ran in. */
  readonly file?: string;
  readonly parameters: Readonly<Record<string, ParameterDefinition>>;
  /** The names of all artifacts, parameters left out. */
  readonly artifacts: readonly string[];
  /** Those artifacts that have a value before `start` runs. */
  readonly initialized: readonly string[];
  /** In the order of declaration. `start` is the first to run, `end` the last. */
  readonly steps: Readonly<Record<string, StepDefinition>>;
}

export type ParameterType = "string" | "number" | "integer" | "boolean" | "json";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface ParameterDefinition {
  readonly type: ParameterType;
  /** A parameter without a default must be given. */
  readonly default?: Json;
  readonly help?: string;
  /** The only values that are taken. */
  readonly choices?: readonly Json[];
  /** Inclusive bounds of a number. */
  readonly min?: number;
  readonly max?: number;
  readonly line?: number;
}

export interface StepDefinition {
  readonly body: StepBody;
  /** A step with several goes to the one that its task chooses; `end` has none. */
  readonly transitions: readonly Transition[];
  /**
   * What the step's argument is declared to be: `true`, the inputs of a foreach or of branches that the source does not name; names, the branches
   * of a split (each named as its first step). Absent on every step that is no join.
   */
  readonly inputs?: true | readonly string[];
  /** The artifacts that the task loads before it runs; the others load when they are touched. `"all"` where the source does not tell. */
  readonly reads: readonly string[] | "all";
  /** Of a join: the artifacts that it reads of its inputs. */
  readonly inputReads?: readonly string[] | "all";
  /** The artifacts that are set on every path through the step, as far as the source tells. */
  readonly writes: readonly string[];
  readonly compute?: Compute;
  readonly retry?: Retry;
  /** Seconds that one attempt may take. */
  readonly timeout?: number;
  /** Locally, a process of its own instead of a worker thread. */
  readonly isolate?: "process";
  /** What the step deploys when its body has run. */
  readonly deploy?: Deploy;
  readonly doc?: string;
  readonly file?: string;
  readonly line?: number;
}

export type StepBody =
  | { readonly kind: "method" }
  /** `file.ts#function`, relative to the file that declares the flow. */
  | { readonly kind: "handler"; readonly handler: string }
  | PythonBody
  /** A program with its arguments; on AWS it runs on Batch in `image`. */
  | { readonly kind: "command"; readonly command: readonly string[]; readonly image?: string };

/** A function of a Python file below the folder of the flow's file: `train.py:fit`. */
export interface PythonBody {
  readonly kind: "python";
  readonly python: string;
  readonly environment?: PythonEnvironment;
}

/** The Python that runs a step, with the packages that it has. Files are named relative to the folder of the flow's file. */
export interface PythonEnvironment {
  /** What pip installs: specifiers such as `scikit-learn==1.5.2`, or the name of a requirements file. */
  readonly requirements?: readonly string[] | string;
  /** What conda installs: specifiers such as `numpy=2`, or the name of an `environment.yml`. */
  readonly conda?: readonly string[] | string;
  /** As `3.13`. Default: that of the interpreter here, 3.14 on AWS. */
  readonly pythonVersion?: string;
  /** A Python of this machine that is used as it is, with the packages that it has; what else stands here is for AWS alone. */
  readonly interpreter?: string;
}

export type Transition = Next | Foreach;

/** To one step, or as a split to several. */
export interface Next {
  readonly kind: "next";
  readonly steps: readonly string[];
  readonly line?: number;
}

/** One iteration for each item, through `body` and on to the join. */
export interface Foreach {
  readonly kind: "foreach";
  readonly body: string;
  /** The artifact that holds the items, where the step itself does not hand them over. */
  readonly items?: string;
  /** Iterations at a time on AWS. Default 100 (40 where the Map is inline). */
  readonly maxConcurrency?: number;
  /** The most items there can be; up to 1,000 the outermost foreach needs no child executions. */
  readonly max?: number;
  /** Iterations that one child execution takes care of. Default 1. */
  readonly batch?: number;
  /** The share of iterations, 0 to 1, that may fail without failing the run; the join sees those that succeeded. Default 0. */
  readonly tolerate?: number;
  readonly line?: number;
}

export type Compute =
  | { readonly kind: "lambda"; readonly memory: number; readonly package?: "image" }
  | {
      readonly kind: "batch";
      readonly vcpu: number;
      readonly memory: number;
      readonly gpu?: number;
      readonly image?: string;
    };
// memory is in MiB

/** A service that a step puts behind an endpoint, with artifacts as its models. */
export interface Deploy {
  /** The endpoint's name: in an account and region there is one of it, and locally one in a store. */
  readonly endpoint: string;
  /** `service.ts#IrisClassifier`, relative to the file that declares the flow; without a class, the only one there. */
  readonly service: string;
  /** What a service in Python runs in where its class names no environment of its own. */
  readonly environment?: PythonEnvironment;
  /** By the model's path in the service, the artifact that it is. */
  readonly models: Readonly<Record<string, string>>;
  readonly hosting: Hosting;
  /** Seconds that the endpoint may take until it is in service. */
  readonly timeout: number;
}

/** What an endpoint runs on, on AWS. */
export type Hosting =
  | { readonly kind: "instances"; readonly type: string; readonly count: number }
  /** `memory` is in MiB. */
  | { readonly kind: "serverless"; readonly memory: number; readonly maxConcurrency: number };

export interface Retry {
  /** Attempts after the first. */
  readonly times: number;
  /** Seconds before the first of them. */
  readonly interval: number;
  /** What each further wait is multiplied by. */
  readonly backoff: number;
}
