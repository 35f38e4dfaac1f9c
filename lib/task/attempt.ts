import { InlineBudget, loadCodecs, storeArtifact } from "../data/artifacts.ts";
import { storeItems } from "../data/items.ts";
import type { ArtifactRef, BlobStore, Manifest } from "../data/store.ts";
import type { Json } from "../flow/definition.ts";
import { taskId } from "../flow/path.ts";
import type { TaskState } from "../flow/spec/flow-spec.ts";
import type { TaskCommit } from "../metadata/records.ts";
import { TaskArtifacts } from "./artifacts.ts";
import { bindBody } from "./bodies.ts";
import { ForeachMaxError } from "./errors.ts";
import { toFailure } from "./failure.ts";
import { loadInputs } from "./inputs.ts";
import { TaskItem } from "./item.ts";
import { type Merge, merge } from "./merge.ts";
import { TaskModels } from "./models.ts";
import type { AttemptRequest, RunAttempt, StepContext } from "./protocol.ts";

/**
 * Runs one attempt of one task: loads what the step reads, runs it, stores what it leaves. Whatever goes wrong is the outcome's failure;
 * nothing is thrown.
 *
 * @param body The flow's class, or the handler's function.
 */
export const runAttempt: RunAttempt = async (context, request, body, blobs) => {
  try {
    return { status: "succeeded", commit: await attempt(context, request, body, blobs) };
  } catch (error) {
    return { status: "failed", failure: toFailure(error, request, request.attempt) };
  }
};

async function attempt(
  context: StepContext,
  request: AttemptRequest,
  body: unknown,
  blobs: BlobStore,
): Promise<TaskCommit> {
  const { definition } = context;
  const { artifacts: manifest, conflicts } = await before(context, request, blobs);
  const artifacts = new TaskArtifacts(context, blobs, manifest, conflicts);
  const item = request.before?.item && new TaskItem(request.before.item, blobs);
  const [inputs] = await Promise.all([
    request.inputs && loadInputs(context, blobs, request.inputs),
    context.role === "body" ? item?.load() : undefined,
    artifacts.prefetch(definition.reads),
    loadCodecs([manifest, ...(request.inputs ?? []).map(({ commit }) => commit.artifacts)]),
  ]);

  const tags = request.begin?.tags ?? request.before?.tags ?? [];
  const models = new TaskModels(context.flow, request, blobs);
  const state = taskState(current(context, request, artifacts, tags), models, item);
  const bound = await bindBody(body, context, artifacts, state);
  const { transition, items } = await bound.run(inputs);

  const exit = definition.transitions[transition];
  const over = exit?.kind === "foreach" ? (items ?? artifacts.items(exit.items)) : undefined;
  if (exit?.kind === "foreach" && over && exit.max !== undefined && over.length > exit.max) {
    throw new ForeachMaxError(request.step, over.length, exit.max);
  }
  const [after, frames, saved] = await Promise.all([
    artifacts.collect(bound.target),
    over && storeItems(over, "this.foreach(items)", blobs),
    models.collect(),
  ]);
  return {
    attempt: request.attempt,
    artifacts: after,
    transition,
    ...(over && frames && { foreach: { count: over.length, frames } }),
    ...(item && { item: item.address }),
    ...(tags.length > 0 && { tags }),
    ...(saved.length > 0 && { models: saved }),
  };
}

/** The artifacts that the task begins with. */
async function before(context: StepContext, request: AttemptRequest, blobs: BlobStore): Promise<Merge> {
  const base = request.before?.artifacts ?? (await storeParameters(request.begin?.parameters ?? {}, blobs));
  if (request.inputs === undefined || context.join === undefined) return { artifacts: base, conflicts: new Map() };
  const inputs = request.inputs.map(({ branch, commit }) => ({ branch, artifacts: commit.artifacts }));
  return merge(context.join.kind, base, inputs);
}

async function storeParameters(parameters: Readonly<Record<string, Json>>, blobs: BlobStore): Promise<Manifest> {
  const budget = new InlineBudget();
  const manifest: Record<string, ArtifactRef> = {};
  for (const [name, value] of Object.entries(parameters))
    manifest[name] = await storeArtifact(value, `this.${name}`, blobs, budget);
  return manifest;
}

function taskState(current: TaskState["current"], models: TaskModels, item: TaskItem | undefined): TaskState {
  const saveModel = models.save.bind(models);
  if (item === undefined) return { current, saveModel };
  return {
    current,
    saveModel,
    index: item.address.index,
    get input() {
      return item.value;
    },
  };
}

function current(
  context: StepContext,
  request: AttemptRequest,
  artifacts: TaskArtifacts,
  tags: readonly string[],
): TaskState["current"] {
  return {
    flow: context.flow,
    run: request.run,
    step: context.step,
    task: taskId(request.path, request.visit),
    attempt: request.attempt,
    path: request.path,
    tags,
    get parameters() {
      return Object.fromEntries(context.parameters.map((name) => [name, artifacts.value(name) as Json]));
    },
  };
}
