import { loadArtifact } from "../../lib/data/artifacts.ts";
import type { BlobStore } from "../../lib/data/store.ts";
import type { FlowDefinition } from "../../lib/flow/definition.ts";
import type { RunRecord, TaskRecord } from "../../lib/metadata/records.ts";
import type { MetadataReader } from "../../lib/metadata/store.ts";
import type { Shape } from "./shapes.ts";

/** What a run has left on record, in the form in which a {@link Shape} says it. */
export async function observe(
  store: MetadataReader,
  blobs: BlobStore,
  { steps }: FlowDefinition,
  run: RunRecord,
): Promise<Pick<Shape, "tasks" | "artifacts" | "failure">> {
  const tasks: TaskRecord[] = [];
  for (const step of Object.keys(steps)) tasks.push(...(await store.tasks(run.flow, run.run, step)));
  const { failure } = (await store.run(run.flow, run.run)) ?? {};
  const end = tasks.find((task) => task.step === "end")?.committed;
  return {
    tasks: tasks.map(
      (task) => `${nameOf(task)}${task.attempts.map(({ status }) => (status === "failed" ? "!" : "")).join("")}`,
    ),
    ...(end && { artifacts: await values(end.artifacts, blobs) }),
    ...(failure?.task && {
      failure: { task: nameOf(failure.task), attempt: failure.attempt ?? -1, message: failure.message },
    }),
  };
}

function nameOf({ step, path, visit }: { step: string; path: string; visit: number }): string {
  return `${step}/${path}/${visit}`;
}

async function values(manifest: NonNullable<TaskRecord["committed"]>["artifacts"], blobs: BlobStore) {
  const entries = Object.entries(manifest).map(async ([name, ref]) => [name, await loadArtifact(ref, blobs)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
