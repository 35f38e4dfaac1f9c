import type { ArtifactRef } from "../data/store.ts";
import { childPath, iterationIndex } from "../flow/path.ts";
import type { TaskCommit, TaskKey, TaskRecord } from "../metadata/records.ts";
import type { MetadataReader } from "../metadata/store.ts";
import { MissingInputsError } from "./errors.ts";
import { enterIteration } from "./iteration.ts";
import { sameValue } from "./merge.ts";
import type { JoinInput, StepContext } from "./protocol.ts";

/** What a task finds of the one before it: a foreach's body its own item instead of all. */
export function enter(context: StepContext, path: string, before: TaskCommit): TaskCommit {
  return context.role === "body" ? enterIteration(before, iterationIndex(path) ?? 0) : before;
}

/**
 * Finds a join's inputs on record, in the order of branches or iterations: of the steps that lead to it, the tasks whose transition was to it.
 *
 * @param splitter The commit of the task that opened the split or foreach.
 * @throws MissingInputsError where more are missing than the foreach tolerates.
 */
export async function joinInputs(
  store: MetadataReader,
  context: StepContext,
  task: TaskKey & { readonly run: string },
  splitter: TaskCommit,
): Promise<readonly JoinInput[]> {
  const { join } = context;
  if (join === undefined) throw new TypeError(`The step ${context.step} is no join.`);
  const inputs: JoinInput[] = [];
  for (const { name: branch, leads } of join.branches) {
    for (const step of new Set(leads.map((lead) => lead.step))) {
      const transitions = leads.filter((lead) => lead.step === step).map((lead) => lead.transition);
      for (const { path, visit, committed } of await inputTasks(store, context, task, step, splitter)) {
        if (committed === undefined || !transitions.includes(committed.transition)) continue;
        inputs.push(joinInput(branch, { step, path, visit }, committed, splitter));
      }
    }
  }
  if (join.kind === "foreach") inputs.sort((a, b) => (iterationIndex(a.path) ?? 0) - (iterationIndex(b.path) ?? 0));
  const expected = splitter.foreach?.count ?? join.branches.length;
  const needed = expected - Math.floor(expected * (join.tolerate ?? 0));
  if (inputs.length < needed) throw new MissingInputsError(context.step, inputs.length, expected);
  return inputs;
}

/** What a join needs of a task that leads to it. What the task did not change is the splitter's own object: ten thousand inputs stay small. */
export function joinInput(branch: string, task: TaskKey, commit: TaskCommit, splitter: TaskCommit): JoinInput {
  const artifacts = Object.entries(commit.artifacts).map(([name, ref]): [string, ArtifactRef] => {
    const before = splitter.artifacts[name];
    return [name, before !== undefined && sameValue(before, ref) ? before : ref];
  });
  const { attempt, transition } = commit;
  return { ...task, branch, commit: { attempt, transition, artifacts: Object.fromEntries(artifacts) } };
}

async function inputTasks(
  store: MetadataReader,
  context: StepContext,
  { run, path, visit }: TaskKey & { readonly run: string },
  step: string,
  splitter: TaskCommit,
): Promise<readonly TaskRecord[]> {
  if (splitter.foreach === undefined) {
    const count = splitter.item?.count;
    return await store.tasks(context.flow, run, step, {
      path: childPath(path, visit),
      ...(count !== undefined && { count }),
    });
  }
  const { count } = splitter.foreach;
  const found = await store.tasks(context.flow, run, step, { prefix: childPath(path, visit, 0).slice(0, -1), count });
  // Outside of any foreach the prefix is empty, and finds the iterations of other visits too.
  return found.filter((task) => task.path === childPath(path, visit, iterationIndex(task.path) ?? 0));
}
