// Begins a run: checks the parameters and registers it. The function's asset holds the flow's parameters beside this module.
import { readFileSync } from "node:fs";
import { isMillraceError } from "../lib/errors.ts";
import type { FlowDefinition, Json } from "../lib/flow/definition.ts";
import { readParameters } from "../lib/flow/parameters.ts";
import type { BeginEvent } from "../lib/task/events.ts";
import { TaskFailedError, toFailure } from "../lib/task/failure.ts";
import { storesOf } from "./stores.ts";

/** What is known here of the flow, so that a change of a step leaves this function as it is. */
export interface BegunFlow extends Pick<FlowDefinition, "name" | "parameters"> {
  /** The steps' names. */
  readonly steps: readonly string[];
}

const { store } = storesOf(process.env);
const flow: BegunFlow = JSON.parse(readFileSync(new URL("./flow.json", import.meta.url), "utf8"));

/** @throws TaskFailedError where the parameters are not right; the run is then on record as failed, with the same message. */
export async function handler({ input, execution }: BeginEvent): Promise<void> {
  const { arn, name: run, startedAt, redrive } = execution;
  const outcome = read(input);
  await store.beginRun({
    flow: flow.name,
    run,
    status: "running",
    startedAt,
    parameters: outcome.parameters,
    tags: [],
    steps: flow.steps,
    owner: { kind: "execution", arn, startedAt },
  });
  if (!outcome.failure) return;
  const endedAt = new Date().toISOString();
  await store.endRun(flow.name, run, {
    status: "failed",
    endedAt,
    failure: outcome.failure,
    ...(redrive && { redrive }),
  });
  throw new TaskFailedError(outcome.failure);
}

function read(input: Json) {
  try {
    return { parameters: readParameters(flow.parameters, input ?? {}) };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return { parameters: {}, failure: toFailure(error) };
  }
}
