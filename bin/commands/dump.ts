import { inspect } from "node:util";
import type { Artifact } from "../../lib/client/artifact.ts";
import type { Run } from "../../lib/client/run.ts";
import { Step } from "../../lib/client/step.ts";
import { Task } from "../../lib/client/task.ts";
import { clientOf } from "../terminal/client.ts";
import { printTable } from "../terminal/table.ts";

interface DumpOptions {
  readonly json?: true;
  readonly artifact?: string;
  readonly store?: string;
}

/** Artifacts as a run's last task, a step's tasks or one task left them. */
export async function dump(pathspec: string, options: DumpOptions): Promise<void> {
  await using client = await clientOf(options.store);
  const tasks = await tasksOf(await client.get(pathspec));
  if (options.artifact !== undefined) {
    for (const task of tasks) await dumpValue(task.artifact(options.artifact), options.json === true);
    return;
  }
  if (options.json) {
    for (const task of tasks) {
      const artifacts = await Promise.all(
        task.artifacts().map(async (artifact) => [artifact.name, await described(artifact)]),
      );
      console.log(
        JSON.stringify({ task: task.pathspec, status: task.status, artifacts: Object.fromEntries(artifacts) }, plain),
      );
    }
    return;
  }
  const rows = tasks.flatMap((task) =>
    task.artifacts().map(async (artifact) => [`${task.step}/${task.id}`, ...(await row(artifact))]),
  );
  await printTable(["task", "artifact", "type", "bytes", "value"], await Promise.all(rows));
}

async function tasksOf(target: Run | Step | Task): Promise<readonly Task[]> {
  if (target instanceof Task) return [target];
  if (target instanceof Step) return await target.tasks();
  const last = (await target.steps()).at(-1);
  return last === undefined ? [] : await last.tasks();
}

/** The whole value; bytes as they are, so that they can be piped into a file. */
async function dumpValue(artifact: Artifact, json: boolean): Promise<void> {
  const value = await artifact.value();
  if (json) console.log(JSON.stringify(value, plain));
  else if (value instanceof Uint8Array) process.stdout.write(value);
  else
    console.log(
      typeof value === "string"
        ? value
        : inspect(value, { depth: null, maxArrayLength: null, colors: process.stdout.isTTY }),
    );
}

async function described(artifact: Artifact) {
  const { type, codec, size, hash } = artifact;
  return { type, codec, size, hash, ...(codec === "json" && { value: await artifact.value() }) };
}

async function row(artifact: Artifact): Promise<string[]> {
  const shown =
    artifact.codec === "json"
      ? inspect(await artifact.value(), { breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 10 })
      : "";
  return [artifact.name, artifact.type, String(artifact.size), shown.length > 60 ? `${shown.slice(0, 59)}…` : shown];
}

/** For `JSON.stringify`: what JSON has no form of, as what comes nearest. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return [...value];
  if (value instanceof Set || (ArrayBuffer.isView(value) && !(value instanceof DataView)))
    return Array.from(value as Iterable<unknown>);
  if (value instanceof Error) return { name: value.name, message: value.message };
  return value;
}
