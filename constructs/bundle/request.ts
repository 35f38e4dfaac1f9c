import type { FlowDefinition } from "../../lib/flow/definition.ts";
import type { ServiceRequest } from "../model/request.ts";

/** What the bundling process is asked for. */
export type ChildRequest = { readonly flow: BundleRequest } | { readonly service: ServiceRequest };

/** The bundles of a flow's steps. */
export interface BundleRequest {
  /** The file that declares the flow, where no definition is at hand yet. */
  readonly file?: string;
  readonly definition?: FlowDefinition;
  /** The names of the flow's class and of those that it extends. */
  readonly classes?: readonly string[];
  /** The modules that run a step on each kind of compute. */
  readonly runtimes: Readonly<Record<StepRuntime, string>>;
  /** A folder for what is no text; it lives as long as the app's process. */
  readonly scratch: string;
  /** Whether bundles are wanted, or the definition alone. */
  readonly bundle: boolean;
}

/** What runs a step: by its compute, and one that deploys by a runtime of its own. */
export type StepRuntime = "lambda" | "batch" | "deploy";

export interface BundleAnswer {
  readonly definition: FlowDefinition;
  /** By step. */
  readonly bundles: Readonly<Record<string, string>>;
  /** Modules that the bundles of Lambda steps find beside themselves, by their files' names. */
  readonly modules: Readonly<Record<string, string>>;
  /** Of the steps in Python, by step. */
  readonly pythonBundles: Readonly<Record<string, PythonBundle>>;
}

/** A Python step's code with its packages: for Lambda a folder, or one with a Dockerfile, for Batch archives to be unpacked into one folder. */
export type PythonBundle = {
  /** Of Python, as `3.14`. */
  readonly version: string;
} & (
  | { readonly kind: "folder" | "image"; readonly folder: string }
  | { readonly kind: "archives"; readonly archives: readonly { readonly path: string; readonly sha256: string }[] }
);

/** What the process answers with: the message of an error is for the user. */
export type ChildReply<Answer> = { readonly answer: Answer } | { readonly error: BundleFailure };

export interface BundleFailure {
  readonly code: string;
  readonly message: string;
  readonly fix?: string | undefined;
  readonly at?: { readonly file: string; readonly line?: number } | undefined;
}
