import type { Exit, Fold, Region } from "../flow/fold.ts";
import { childPath } from "../flow/path.ts";
import type { RunRecord, TaskCommit, TaskKey } from "../metadata/records.ts";
import type { JoinInput, StepContext } from "../task/protocol.ts";
import { enter, joinInput } from "../task/resolve.ts";
import { Scope } from "./scope.ts";
import type { TaskRunner } from "./task-runner.ts";

type ForeachExit = Extract<Exit, { readonly kind: "foreach" }>;
type Contexts = Readonly<Record<string, StepContext>>;

/** Iterations at a time, beyond which more would only wait for a worker. */
const defaultConcurrency = 100;

/** The task that a region was left from. */
interface Leave {
  readonly task: TaskKey;
  readonly commit: TaskCommit;
}

/**
 * Walks the fold: a region is one way through its steps, with a region for each branch or iteration inside of it. What a task leaves is
 * handed to the next one, and what a region leaves to the join.
 */
export class Scheduler {
  readonly #run: RunRecord;
  readonly #fold: Fold;
  readonly #contexts: Contexts;
  readonly #tasks: TaskRunner;

  constructor(run: RunRecord, fold: Fold, contexts: Contexts, tasks: TaskRunner) {
    this.#run = run;
    this.#fold = fold;
    this.#contexts = contexts;
    this.#tasks = tasks;
  }

  /** Runs the flow to its end. @throws What the first task that failed threw, after all others have ended. */
  async walk(scope: Scope): Promise<void> {
    await this.#region(this.#fold.root, "", undefined, scope);
  }

  async #region(region: Region, path: string, opened: TaskCommit | undefined, scope: Scope): Promise<Leave> {
    let task = { step: region.entry, path, visit: 0 };
    let before = opened;
    let inputs: readonly JoinInput[] | undefined;
    for (;;) {
      const commit = await this.#task(task, before, inputs, scope);
      const exit = this.#exit(task.step, commit);
      if (exit.kind === "end" || exit.kind === "leave") return { task, commit };
      if (exit.kind === "next") {
        inputs = undefined;
        task = { step: exit.step, path, visit: task.visit + (exit.back ? 1 : 0) };
      } else {
        inputs =
          exit.kind === "split"
            ? await this.#split(exit.branches, childPath(path, task.visit), commit, scope)
            : await this.#foreach(exit, task, commit, scope);
        task = { ...task, step: exit.join };
      }
      before = commit;
    }
  }

  async #split(branches: readonly Region[], path: string, commit: TaskCommit, scope: Scope) {
    const inputs: JoinInput[] = [];
    await together(scope, [...branches.entries()], async ([position, branch], inner) => {
      const left = await this.#region(branch, path, commit, inner);
      inputs[position] = joinInput(branch.entry, left.task, left.commit, commit);
    });
    return inputs;
  }

  async #foreach({ foreach, body }: ForeachExit, { path, visit }: TaskKey, commit: TaskCommit, scope: Scope) {
    const count = commit.foreach?.count ?? 0;
    const { maxConcurrency = defaultConcurrency, tolerate = 0 } = foreach;
    let mayFail = Math.floor(count * tolerate);
    const inputs: (JoinInput | undefined)[] = Array(count);
    const indices = inputs.keys();
    // Each lane takes the next iteration when it has done one: ten thousand iterations need no more memory than the workers have tasks.
    const lanes = Array.from({ length: Math.min(count, maxConcurrency, this.#tasks.capacity) });
    await together(scope, lanes, async (_, inner) => {
      for (const index of indices) {
        try {
          const left = await this.#region(body, childPath(path, visit, index), commit, inner);
          inputs[index] = joinInput(body.entry, left.task, left.commit, commit);
        } catch (error) {
          inner.throwIfStopped();
          if (mayFail-- <= 0) throw error;
        }
      }
    });
    return inputs.filter((input) => input !== undefined);
  }

  async #task(
    task: TaskKey,
    before: TaskCommit | undefined,
    inputs: readonly JoinInput[] | undefined,
    scope: Scope,
  ): Promise<TaskCommit> {
    const context = this.#contexts[task.step];
    if (context === undefined) throw new RangeError(`${this.#run.flow} has no step ${task.step}.`);
    const { run, parameters, tags } = this.#run;
    const request = {
      ...task,
      run,
      ...(before === undefined ? { begin: { parameters, tags } } : { before: enter(context, task.path, before) }),
      ...(inputs && { inputs }),
    };
    return await this.#tasks.run(context.definition, request, scope);
  }

  #exit(step: string, { transition }: TaskCommit): Exit {
    const exit = this.#fold.places.get(step)?.exits[Math.max(transition, 0)];
    if (exit === undefined) throw new RangeError(`The step ${step} has no transition ${transition}.`);
    return exit;
  }
}

/** Calls `work` for all items at once. The first failure stops the others, and is thrown when they have ended. */
async function together<T>(
  outer: Scope,
  items: readonly T[],
  work: (item: T, scope: Scope) => Promise<void>,
): Promise<void> {
  const scope = new Scope(outer);
  const settled = items.map((item) =>
    work(item, scope).catch((error) => {
      scope.stop(error);
    }),
  );
  await Promise.all(settled);
  scope.throwIfStopped();
  scope.close();
}
