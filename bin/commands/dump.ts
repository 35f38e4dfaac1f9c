import { inspect } from "node:util";
import type { Artifact } from "../../lib/client/artifact.ts";
import type { Run } from "../../lib/client/run.ts";
import { Step } from "../../lib/client/step.ts";
import { Task } from "../../lib/client/task.ts";
import { isTable } from "../../lib/data/codecs/arrow.ts";
import { ArtifactFile } from "../../lib/data/file.ts";
import { MillraceError } from "../../lib/errors.ts";
import { clientOf } from "../terminal/client.ts";
import { printTable } from "../terminal/table.ts";

interface DumpOptions {
  readonly json?: true;
  readonly artifact?: string;
  readonly store?: string;
}

/** Artifacts as a run's last task, a step's tasks or one task left them. With `--json` an array where a step is named, else one object or value. */
export async function dump(pathspec: string, options: DumpOptions): Promise<void> {
  await using client = await clientOf(options.store);
  const target = await client.get(pathspec);
  const tasks = target instanceof Step ? await target.tasks() : [await taskOf(target)];
  const { artifact: name } = options;
  if (options.json) {
    const documents = await Promise.all(
      tasks.map((task) => (name === undefined ? described(task) : task.artifact(name).value())),
    );
    console.log(JSON.stringify(target instanceof Step ? documents : documents[0], plain) ?? "null");
  } else if (name !== undefined) {
    for (const task of tasks) await printValue(task.artifact(name));
  } else {
    const rows = await Promise.all(tasks.flatMap((task) => task.artifacts().map((artifact) => row(task, artifact))));
    await printTable(["task", "artifact", "type", "bytes", "value"], rows);
  }
}

async function taskOf(target: Run | Task): Promise<Task> {
  const task = target instanceof Task ? target : await target.lastTask();
  if (task?.status === "succeeded") return task;
  const failure = target instanceof Task ? target.exception : target.failure;
  const why = failure === undefined ? `it is ${target.status}.` : `${failure.name}: ${failure.message}`;
  throw new MillraceError("NOT_FOUND", `${target.pathspec} has no artifacts: ${why}`, {
    fix: "A task leaves artifacts when it succeeds.",
  });
}

/** The whole value; bytes and files as they are, to be piped into a file. */
async function printValue(artifact: Artifact): Promise<void> {
  const value = await artifact.value();
  if (value instanceof Uint8Array) process.stdout.write(value);
  else if (value instanceof ArtifactFile) process.stdout.write(value.bytes());
  else if (typeof value === "string") console.log(value);
  else if (isTable(value)) {
    const names = value.schema.fields.map(({ name }) => String(name));
    await printTable(
      names,
      value.toArray().map((row) => names.map((name) => cell(row[name]))),
    );
  } else console.log(inspect(value, { depth: null, maxArrayLength: null, colors: process.stdout.hasColors?.() }));
}

function cell(value: unknown): string {
  return typeof value === "string" ? value : inspect(value, { breakLength: Number.POSITIVE_INFINITY });
}

async function described(task: Task) {
  const artifacts = task.artifacts().map(async (artifact) => {
    const { type, codec, size, hash } = artifact;
    const value = codec === "json" ? { value: await artifact.value() } : {};
    return [artifact.name, { type, codec, size, hash, ...value }] as const;
  });
  return { task: task.pathspec, status: task.status, artifacts: Object.fromEntries(await Promise.all(artifacts)) };
}

async function row(task: Task, artifact: Artifact): Promise<string[]> {
  const shown =
    artifact.codec === "json"
      ? inspect(await artifact.value(), { breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 10 })
      : "";
  const value = shown.length > 60 ? `${shown.slice(0, 59)}…` : shown;
  return [`${task.step}/${task.id}`, artifact.name, artifact.type, String(artifact.size), value];
}

/** For `JSON.stringify`: what JSON has no form of, as what comes nearest. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return [...value];
  if (isTable(value)) return value.toArray();
  if (value instanceof Set || (ArrayBuffer.isView(value) && !(value instanceof DataView)))
    return Array.from(value as Iterable<unknown>);
  if (value instanceof Error) return { name: value.name, message: value.message };
  return value;
}
