import type { Key } from "../keys.ts";
import { parseRecord, taskName } from "../parse.ts";
import type { AttemptRecord, Failure, LogPointer, RunRecord, TaskCommit, TaskRecord } from "../records.ts";

/** A value as DynamoDB's JSON writes it; only the kinds that the records use. */
export type Value =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly SS: readonly string[] }
  | { readonly L: readonly Value[] }
  | { readonly M: Item };

export type Item = { readonly [attribute: string]: Value };

export function keyOf({ pk, sk }: Key): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

export function text(value: string): Value {
  return { S: value };
}

export function number(value: number): Value {
  return { N: String(value) };
}

/** Documents are kept as JSON text: smaller than maps, and not touched by DynamoDB's own rules for numbers and empty sets. */
export function json(value: unknown): Value {
  return { S: JSON.stringify(value) };
}

/** The attributes whose value there is. */
export function present(attributes: Readonly<Record<string, Value | undefined>>): Item {
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );
}

export function stringAt(item: Item | undefined, attribute: string): string | undefined {
  const value = item?.[attribute];
  return value !== undefined && "S" in value ? value.S : undefined;
}

export function numberAt(item: Item | undefined, attribute: string): number | undefined {
  const value = item?.[attribute];
  return value !== undefined && "N" in value ? Number(value.N) : undefined;
}

/** A message can be as long as its author likes, an item cannot. */
export function clip(failure: Failure): Failure {
  const { message, stack } = failure;
  return { ...failure, message: message.slice(0, 8_000), ...(stack !== undefined && { stack: stack.slice(0, 8_000) }) };
}

export function runFromItem(item: Item): RunRecord {
  const flow = stringAt(item, "flow") ?? "";
  const run = stringAt(item, "run") ?? "";
  const record = `run ${flow}/${run}`;
  const endedAt = stringAt(item, "endedAt");
  const tags = item.tags !== undefined && "SS" in item.tags ? item.tags.SS : [];
  return {
    flow,
    run,
    status: stringAt(item, "status") as RunRecord["status"],
    startedAt: stringAt(item, "startedAt") ?? "",
    ...(endedAt !== undefined && { endedAt }),
    parameters: parseRecord(record, "parameters", stringAt(item, "parameters")),
    tags: [...tags].sort(),
    ...(item.steps && { steps: parseRecord<readonly string[]>(record, "steps", stringAt(item, "steps")) }),
    owner: parseRecord(record, "owner", stringAt(item, "owner")),
    ...(item.failure && { failure: parseRecord<Failure>(record, "failure", stringAt(item, "failure")) }),
  };
}

export function itemFromRun(run: RunRecord): Item {
  return present({
    flow: text(run.flow),
    run: text(run.run),
    status: text(run.status),
    startedAt: text(run.startedAt),
    endedAt: run.endedAt === undefined ? undefined : text(run.endedAt),
    parameters: json(run.parameters),
    tags: run.tags.length === 0 ? undefined : { SS: [...new Set(run.tags)] },
    steps: run.steps && json(run.steps),
    owner: json(run.owner),
    failure: run.failure && json(run.failure),
  });
}

/** The attribute of an attempt: one of its own, so that it can be set on an item that is not there yet. */
export function attemptAttribute(token: string): string {
  return `attempt:${token}`;
}

/** The tokens of a task's attempts in the order in which they began: a token's position is its attempt's number. */
export function tokensOf(item: Item | undefined): readonly string[] {
  const tokens = item?.tokens;
  return tokens !== undefined && "L" in tokens ? tokens.L.map((token) => ("S" in token ? token.S : "")) : [];
}

export function commitOf(record: string, item: Item | undefined): TaskCommit | undefined {
  const commit = stringAt(item, "commit");
  return commit === undefined ? undefined : parseRecord(record, "commit", commit);
}

export function taskFromItem(run: string, step: string, item: Item): TaskRecord {
  const [path = "", visit = "0"] = (stringAt(item, "sk") ?? "").split("#");
  const record = taskName(run, step, path);
  const committed = commitOf(record, item);
  return {
    step,
    path,
    visit: Number(visit),
    attempts: tokensOf(item).map((token, attempt) => attemptFrom(record, attempt, item[attemptAttribute(token)])),
    ...(committed && { committed }),
  };
}

function attemptFrom(record: string, attempt: number, value: Value | undefined): AttemptRecord {
  const fields = value !== undefined && "M" in value ? value.M : {};
  const endedAt = stringAt(fields, "endedAt");
  return {
    attempt,
    startedAt: stringAt(fields, "startedAt") ?? "",
    ...(endedAt !== undefined && { endedAt }),
    status: stringAt(fields, "status") as AttemptRecord["status"],
    ...(fields.failure && { failure: parseRecord<Failure>(record, "failure", stringAt(fields, "failure")) }),
    ...(fields.log && { log: parseRecord<LogPointer>(record, "log pointer", stringAt(fields, "log")) }),
  };
}
