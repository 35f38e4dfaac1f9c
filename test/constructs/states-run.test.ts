import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Task } from "../../constructs/states/asl.ts";
import { stateMachine } from "../../constructs/states/index.ts";
import type { FlowDefinition, Foreach, StepDefinition } from "../../lib/flow/definition.ts";
import { type Fold, fold, type Region } from "../../lib/flow/fold.ts";
import { childPath, iterationCount } from "../../lib/flow/path.ts";
import { shardOf, taskPartition, taskSort } from "../../lib/metadata/keys.ts";
import type { TaskAnswer, TaskEvent } from "../../lib/task/events.ts";
import type { StepState } from "../../lib/task/protocol.ts";
import { flow, foreach, join, next, shapes, step } from "../flow/flows.ts";
import { nestedFlows } from "../flow/random-flows.ts";
import { runMachine } from "./states-machine.ts";

/** An execution's name may have the mark that stands between parts of a record's key. */
const RUN = "nightly@2";

/** What a task does: throws, or answers with its transition and count. */
type Decide = (step: string, path: string, visit: number) => { choice: number; count: number };

type Call = StepState & { readonly step: string };

/** The tasks that a run has, by the rules of fold and path alone. */
function expectedTasks(folded: Fold, decide: Decide): Call[] {
  const calls: Call[] = [];
  const run = (region: Region, path: string, before: string, counts: string) => {
    let [step, visit, from]: [string | undefined, number, string] = [region.entry, 0, before];
    while (step !== undefined) {
      calls.push({ step, run: RUN, path, visit, from, ...(counts && { counts }) });
      const { choice, count } = decide(step, path, visit);
      const exits: Fold["places"] extends ReadonlyMap<string, infer P extends { exits: unknown }> ? P["exits"] : never =
        folded.places.get(step)?.exits ?? [];
      const exit = exits[choice % exits.length];
      from = `${step}/${path}/${visit}`;
      if (exit?.kind === "next") {
        step = exit.step;
        visit += exit.back ? 1 : 0;
      } else if (exit?.kind === "split") {
        for (const branch of exit.branches) run(branch, childPath(path, visit), from, counts);
        step = exit.join;
      } else if (exit?.kind === "foreach") {
        const inside = counts === "" ? String(count) : `${counts}.${count}`;
        for (let index = 0; index < count; index++) run(exit.body, childPath(path, visit, index), from, inside);
        step = exit.join;
      } else step = undefined;
    }
  };
  run(folded.root, "", "", "");
  return calls;
}

/** The tasks that the machine starts, with the records of Batch steps kept where the keys say. */
async function machineTasks(definition: FlowDefinition, decide: Decide): Promise<Call[]> {
  const { document, substitutions } = stateMachine(definition);
  const calls: Call[] = [];
  const records = new Map<string, { transition: number; count: number }>();
  const folded = fold(definition);
  const named = (text: unknown) => substitutions.find(({ name }) => text === `\${${name}}`);

  const run = (name: string, state: StepState): TaskAnswer => {
    const { choice, count } = decide(name, state.path, state.visit);
    const exits = folded.places.get(name)?.exits.length ?? 1;
    calls.push({ step: name, ...state });
    const own = state.counts === undefined ? undefined : iterationCount(state.counts, state.path);
    const partition = taskPartition(`\${FlowKey}`, state.run, name, shardOf(state.path, own));
    records.set(`${partition} ${taskSort(state.path, state.visit)}`, { transition: choice % exits, count });
    return { choice: choice % exits, count };
  };
  const service = (task: Task, input: unknown): unknown => {
    if (task.Resource.endsWith("lambda:invoke")) {
      const { FunctionName, Payload } = input as { FunctionName: string; Payload: TaskEvent };
      const substitution = named(FunctionName);
      if (substitution?.kind === "begin") return { Payload: {} };
      const { retry, redrive, ...state } = Payload;
      expect([substitution?.kind, retry, redrive]).toEqual(["function", 0, 0]);
      return { Payload: run(substitution && "step" in substitution ? substitution.step : "", state) };
    }
    if (task.Resource.endsWith("batch:submitJob.sync")) {
      const job = input as {
        JobDefinition: string;
        ContainerOverrides: { Environment: { Name: string; Value: string }[] };
      };
      const environment = Object.fromEntries(
        job.ContainerOverrides.Environment.map(({ Name, Value }) => [Name, Value]),
      );
      const {
        MILLRACE_RUN = "",
        MILLRACE_PATH = "",
        MILLRACE_VISIT,
        MILLRACE_FROM = "",
        MILLRACE_COUNTS,
      } = environment;
      expect([environment.MILLRACE_RETRY, environment.MILLRACE_REDRIVE]).toEqual(["0", "0"]);
      const state = { run: MILLRACE_RUN, path: MILLRACE_PATH, visit: Number(MILLRACE_VISIT), from: MILLRACE_FROM };
      const substitution = named(job.JobDefinition);
      run(substitution && "step" in substitution ? substitution.step : "", {
        ...state,
        ...(MILLRACE_COUNTS !== undefined && { counts: MILLRACE_COUNTS }),
      });
      return { Status: "SUCCEEDED" };
    }
    const { Key } = input as { Key: { pk: { S: string }; sk: { S: string } } };
    const record = records.get(`${Key.pk.S} ${Key.sk.S}`);
    return { Item: record && { transition: { N: String(record.transition) }, count: { N: String(record.count) } } };
  };
  expect(await runMachine(document, {}, service)).toEqual({ run: RUN });
  return calls;
}

/** Decisions that end: after a few visits the last transition, which leads on. */
function decisions(seed: number): Decide {
  return (step, path, visit) => {
    let hash = seed;
    for (const character of `${step}/${path}/${visit}`) hash = (hash * 31 + character.charCodeAt(0)) % 1_000_003;
    return { choice: visit >= 2 ? -1 : hash, count: hash % 4 };
  };
}

function ending(decide: Decide, definition: FlowDefinition): Decide {
  return (step, path, visit) => {
    const { choice, count } = decide(step, path, visit);
    const transitions = definition.steps[step]?.transitions.length ?? 1;
    return { choice: choice === -1 ? Math.max(0, transitions - 1) : choice, count };
  };
}

async function expectSameTasks(definition: FlowDefinition, seed: number): Promise<void> {
  const decide = ending(decisions(seed), definition);
  const expected = expectedTasks(fold(definition), decide);
  expect(await machineTasks(definition, decide)).toEqual(expected);
  // The address of a task is its own: nothing overwrites it.
  const addresses = expected.map(({ step, path, visit }) => `${step} ${path} ${visit}`);
  expect(new Set(addresses).size).toBe(addresses.length);
}

function onBatch(definition: FlowDefinition, every = 1): FlowDefinition {
  const steps = Object.entries(definition.steps).map(([name, options], index): [string, StepDefinition] => [
    name,
    index % every === 0 ? { ...options, compute: { kind: "batch", vcpu: 1, memory: 2048 } } : options,
  ]);
  return { ...definition, steps: Object.fromEntries(steps) };
}

function withForeach(definition: FlowDefinition, options: Partial<Foreach>): FlowDefinition {
  const steps = Object.entries(definition.steps).map(([name, options_]): [string, StepDefinition] => [
    name,
    {
      ...options_,
      transitions: options_.transitions.map((transition) =>
        transition.kind === "foreach" ? { ...transition, ...options } : transition,
      ),
    },
  ]);
  return { ...definition, steps: Object.fromEntries(steps) };
}

describe("the machine starts the tasks that the fold says, with the paths, visits and predecessors that it says", () => {
  for (const [shape, definition] of Object.entries(shapes)) {
    it(`for ${shape}`, async () => {
      for (let seed = 0; seed < 10; seed++) await expectSameTasks(definition, seed);
    });
    it(`for ${shape}, on Batch`, async () => {
      for (let seed = 0; seed < 10; seed++) await expectSameTasks(onBatch(definition), seed);
    });
  }

  it("for random flows, with some steps on Batch, foreachs in batches or inline", async () => {
    const options = fc.constantFrom<Partial<Foreach>>(
      {},
      { max: 1000 },
      { batch: 2 },
      { batch: 3, tolerate: 0.5 },
      { tolerate: 0.1 },
    );
    await fc.assert(
      fc.asyncProperty(
        nestedFlows,
        options,
        fc.integer({ min: 1, max: 3 }),
        fc.nat(),
        async (nested, foreachOptions, every, seed) => {
          await expectSameTasks(withForeach(onBatch(nested.definition, every), foreachOptions), seed);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("for 2,500 iterations on Batch that choose, whose records are in three partitions", async () => {
    const definition = onBatch(shapes["choice whose arms meet in a foreach's join"]);
    const decide: Decide = (_, path) => ({ choice: path === "" ? 0 : Number(path) % 2, count: 2_500 });
    expect(await machineTasks(definition, decide)).toEqual(expectedTasks(fold(definition), decide));
  });
});

describe("a run fails", () => {
  const one: Decide = () => ({ choice: 0, count: 1 });
  const simple = (options: Partial<Foreach>) =>
    flow({ start: step([foreach("fit", options)]), fit: step([next("gather")]), gather: join([next("end")]) });

  it("where a foreach has more items than it may", async () => {
    const counted =
      (count: number): Decide =>
      () => ({ choice: 0, count });
    await expect(machineTasks(simple({}), counted(40_001))).rejects.toThrow(
      "start hands 40001 items to fit; 40000 is the most",
    );
    await expect(machineTasks(simple({ max: 3 }), counted(4))).rejects.toThrow(
      "start hands 4 items to fit; 3 is the most",
    );
    await expect(machineTasks(simple({ max: 3 }), counted(3))).resolves.toHaveLength(6);
  });

  it("where a step that ends in a foreach answers with no count, rather than going over nothing", async () => {
    const { document } = stateMachine(simple({}));
    await expect(runMachine(document, {}, () => ({ Payload: {} }))).rejects.toThrow("items to fit");
  });

  it("where a step answers with none of its transitions", async () => {
    const { document } = stateMachine(shapes.choice);
    await expect(runMachine(document, {}, () => ({ Payload: { choice: 2 } }))).rejects.toThrow(
      "States.NoChoiceMatched",
    );
    await expect(runMachine(document, {}, () => ({ Payload: {} }))).rejects.toThrow("States.NoChoiceMatched");
  });

  describe.each([
    ["a distributed Map", {}],
    ["a distributed Map in batches", { batch: 3 }],
    ["an inline Map", { max: 100 }],
  ])("where more iterations fail than tolerated, in %s", (_, options) => {
    const failing =
      (failures: number): Decide =>
      (name, path, visit) => {
        if (name === "fit" && Number(path) < failures) throw new Error(`fit ${path} failed`);
        return { ...one(name, path, visit), count: 10 };
      };
    const definition = simple({ ...options, tolerate: 0.2 });

    it("and not with just as many", async () => {
      const calls = await machineTasks(definition, failing(2));
      expect(calls.filter((call) => call.step === "fit").map(({ path }) => path)).toEqual([
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
      ]);
      await expect(machineTasks(definition, failing(3))).rejects.toThrow(
        /fit 2 failed|3 of 10 iterations of fit failed; 20 % may/,
      );
    });
  });
});
