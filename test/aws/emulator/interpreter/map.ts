import { getObject } from "./aws.ts";
import type { Json, JsonObject, MapState } from "./definition.ts";
import { StateError } from "./errors.ts";
import { bindingsOf, checkSize, leave, runMachine, type Transition, type Visit } from "./machine.ts";
import { MapRun } from "./map-run.ts";
import { runTogether } from "./parallel.ts";
import { type Bindings, evaluate, evaluateNumber } from "./query.ts";

const INLINE_CONCURRENCY = 40;
const DISTRIBUTED_CONCURRENCY = 10_000;

/** One attempt of a Map state; after a redrive, of its unfinished iterations. */
export async function runMap(state: MapState, visit: Visit, retries: number): Promise<Transition> {
  const distributed = state.ItemProcessor.ProcessorConfig?.Mode === "DISTRIBUTED";
  const result = distributed ? await runDistributed(state, visit, retries) : await runInline(state, visit, retries);
  return leave(state, visit, bindingsOf(visit, retries, { result }), result);
}

async function runInline(state: MapState, visit: Visit, retries: number): Promise<Json> {
  const { progress, scope, name } = visit;
  const bindings = bindingsOf(visit, retries);
  const items = await itemsOf(state, bindings);
  if (progress.children === undefined) {
    const inputs = await selectAll(state, items, bindings);
    progress.children = inputs.map((input) => ({ input, variables: {} }));
    scope.history.add("MapStateStarted", { length: items.length });
  }
  const outer = { ...scope.outer, ...progress.variables };
  const limit = await numberOf(state.MaxConcurrency, bindings, "MaxConcurrency");
  const concurrency = Math.min(limit || INLINE_CONCURRENCY, INLINE_CONCURRENCY);
  try {
    const results = await runTogether(progress.children, concurrency, scope.signal, async (child, index, signal) => {
      const history = scope.history.fork();
      const map = { Item: { Index: index, Value: items[index] ?? null } };
      history.add("MapIterationStarted", { name, index });
      try {
        const output = await runMachine(state.ItemProcessor, child, { ...scope, outer, signal, history, map });
        history.add("MapIterationSucceeded", { name, index });
        return output;
      } catch (error) {
        history.add(signal.aborted ? "MapIterationAborted" : "MapIterationFailed", { name, index });
        throw error;
      }
    });
    checkSize(results, name);
    scope.history.add("MapStateSucceeded");
    return results;
  } catch (error) {
    scope.history.add("MapStateFailed");
    throw error;
  }
}

async function runDistributed(state: MapState, visit: Visit, retries: number): Promise<Json> {
  const { progress, scope, name } = visit;
  const bindings = bindingsOf(visit, retries);
  if (progress.mapRun === undefined) {
    const inputs = await batch(state, await selectAll(state, await itemsOf(state, bindings), bindings), bindings);
    progress.mapRun = new MapRun(scope.execution, state, inputs, {
      maxConcurrency: (await numberOf(state.MaxConcurrency, bindings, "MaxConcurrency")) || DISTRIBUTED_CONCURRENCY,
      toleratedCount: await numberOf(state.ToleratedFailureCount, bindings, "ToleratedFailureCount"),
      toleratedPercentage: await numberOf(state.ToleratedFailurePercentage, bindings, "ToleratedFailurePercentage"),
    });
    scope.history.add("MapStateStarted", { length: inputs.length });
    scope.history.add("MapRunStarted", { mapRunArn: progress.mapRun.arn });
  } else {
    progress.mapRun.redriveCount++;
    scope.history.add("MapRunRedriven", { mapRunArn: progress.mapRun.arn, redriveCount: progress.mapRun.redriveCount });
  }
  try {
    const results = await progress.mapRun.run(scope.signal);
    checkSize(results, name);
    scope.history.add("MapRunSucceeded");
    scope.history.add("MapStateSucceeded");
    return results;
  } catch (error) {
    const failure = error instanceof StateError ? { error: error.error, cause: error.message } : undefined;
    scope.history.add(failure ? "MapRunFailed" : "MapRunAborted", failure);
    scope.history.add("MapStateFailed");
    throw error;
  }
}

async function itemsOf(state: MapState, bindings: Bindings): Promise<Json[]> {
  const items =
    state.ItemReader === undefined
      ? await evaluate(state.Items ?? "{% $states.input %}", bindings, "Items")
      : await readItems(state.ItemReader, bindings);
  if (!Array.isArray(items))
    throw new StateError(
      "States.QueryEvaluationError",
      `The field 'Items' must be an array and is ${JSON.stringify(items)}.`,
    );
  return items;
}

async function readItems(reader: NonNullable<MapState["ItemReader"]>, bindings: Bindings): Promise<Json> {
  if (reader.Resource !== "arn:aws:states:::s3:getObject")
    throw new StateError("States.Runtime", `The item reader ${reader.Resource} is not emulated.`);
  const { Bucket, Key } = (await evaluate(reader.Arguments, bindings, "ItemReader/Arguments")) as JsonObject;
  const text = await getObject(String(Bucket), String(Key)).catch((error: Error) => {
    throw new StateError("States.ItemReaderFailed", error.message);
  });
  const type = reader.ReaderConfig?.InputType ?? "JSON";
  const max = await numberOf(reader.ReaderConfig?.MaxItems, bindings, "MaxItems");
  if (type !== "JSON" && type !== "JSONL")
    throw new StateError("States.Runtime", `The input type ${type} is not emulated.`);
  const items = (
    type === "JSON"
      ? JSON.parse(text)
      : text
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line))
  ) as Json[];
  return max > 0 ? items.slice(0, max) : items;
}

/** What each iteration gets as its input. */
async function selectAll(state: MapState, items: Json[], bindings: Bindings): Promise<Json[]> {
  const { ItemSelector } = state;
  if (ItemSelector === undefined) return items;
  const states = bindings.states as { context: JsonObject };
  return Promise.all(
    items.map((Value, Index) => {
      const context = { ...states.context, Map: { Item: { Index, Value } } };
      return evaluate(ItemSelector, { ...bindings, states: { ...states, context } }, "ItemSelector");
    }),
  );
}

async function batch(state: MapState, items: Json[], bindings: Bindings): Promise<Json[]> {
  if (state.ItemBatcher === undefined) return items;
  const { MaxItemsPerBatch, MaxInputBytesPerBatch, BatchInput } = state.ItemBatcher;
  const maxItems = (await numberOf(MaxItemsPerBatch, bindings, "MaxItemsPerBatch")) || Number.POSITIVE_INFINITY;
  const maxBytes =
    (await numberOf(MaxInputBytesPerBatch, bindings, "MaxInputBytesPerBatch")) || Number.POSITIVE_INFINITY;
  const common = BatchInput === undefined ? {} : { BatchInput: await evaluate(BatchInput, bindings, "BatchInput") };
  const batches: { Items: Json[]; [name: string]: Json }[] = [];
  const bytes = (value: Json) => Buffer.byteLength(JSON.stringify(value));
  for (const item of items) {
    const last = batches.at(-1);
    if (last === undefined || last.Items.length >= maxItems || bytes(last) + bytes(item) + 1 > maxBytes)
      batches.push({ ...common, Items: [item] });
    else last.Items.push(item);
  }
  return batches;
}

/** A number, or 0 where the field is not given. */
function numberOf(template: Json | undefined, bindings: Bindings, field: string): Promise<number> {
  return template === undefined ? Promise.resolve(0) : evaluateNumber(template, bindings, field);
}
