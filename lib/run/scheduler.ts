import type { Exit, Fold, Region } from "../flow/fold.ts";
import { childPath } from "../flow/path.ts";
import type { RunRecord, TaskCommit } from "../metadata/records.ts";
import type { MetadataReader } from "../metadata/store.ts";
import type { StepContext } from "../task/protocol.ts";
import { enter, joinInputs } from "../task/resolve.ts";
import { Scope } from "./scope.ts";
import type { TaskRunner } from "./task-runner.ts";

type Contexts = Readonly<Record<string, StepContext>>;

/** Iterations at a time, beyond which more would only wait for a worker. */
const defaultConcurrency = 100;

/**
 * Walks the fold: a region is one way through its steps, with a region for each branch or iteration inside of it. What a task leaves is
 * handed to the next one; a join's inputs are read from the records, so that no more tasks are held here than run.
 */
export class Scheduler {
  readonly #run: RunRecord;
  readonly #fold: Fold;
  readonly #contexts: Contexts;
  readonly #store: MetadataReader;
  readonly #tasks: TaskRunner;

  constructor(run: RunRecord, fold: Fold, contexts: Contexts, store: MetadataReader, tasks: TaskRunner) {
    this.#run = run;
    this.#fold = fold;
    this.#contexts = contexts;
    this.#store = store;
    this.#tasks = tasks;
  }

  /** Runs the flow to its end. @throws What the first task that failed threw, after all others have ended. */
  async walk(scope: Scope): Promise<void> {
    await this.#region(this.#fold.root, "", undefined, scope);
  }

  async #region(region: Region, path: string, opened: TaskCommit | undefined, scope: Scope): Promise<void> {
    let step = region.entry;
    let visit = 0;
    let before = opened;
    for (;;) {
      const commit = await this.#task(step, path, visit, before, scope);
      const exit = this.#exit(step, commit);
      if (exit.kind === "end" || exit.kind === "leave") return;
      if (exit.kind === "split") await this.#split(exit.branches, childPath(path, visit), commit, scope);
      if (exit.kind === "foreach") await this.#foreach(exit, path, visit, commit, scope);
      if (exit.kind === "next" && exit.back) visit++;
      step = exit.kind === "next" ? exit.step : exit.join;
      before = commit;
    }
  }

  async #split(branches: readonly Region[], path: string, commit: TaskCommit, scope: Scope): Promise<void> {
    await together(scope, branches, (branch, inner) => this.#region(branch, path, commit, inner));
  }

  async #foreach(
    exit: Extract<Exit, { kind: "foreach" }>,
    path: string,
    visit: number,
    commit: TaskCommit,
    scope: Scope,
  ): Promise<void> {
    const count = commit.foreach?.count ?? 0;
    const { maxConcurrency = defaultConcurrency, tolerate = 0 } = exit.foreach;
    let mayFail = Math.floor(count * tolerate);
    const indices = Array(count).keys();
    // Each lane takes the next iteration when it has done one: ten thousand iterations need no more memory than a hundred.
    const lanes = Array.from({ length: Math.min(count, maxConcurrency) });
    await together(scope, lanes, async (_, inner) => {
      for (const index of indices) {
        try {
          await this.#region(exit.body, childPath(path, visit, index), commit, inner);
        } catch (error) {
          inner.throwIfStopped();
          if (mayFail-- <= 0) throw error;
        }
      }
    });
  }

  async #task(step: string, path: string, visit: number, before: TaskCommit | undefined, scope: Scope) {
    const context = this.#contexts[step];
    if (context === undefined) throw new RangeError(`${this.#run.flow} has no step ${step}.`);
    const task = { run: this.#run.run, step, path, visit };
    const request =
      before === undefined
        ? { ...task, begin: this.#run }
        : context.join === undefined
          ? { ...task, before: enter(context, path, before) }
          : { ...task, before, inputs: await joinInputs(this.#store, context, task, before) };
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
