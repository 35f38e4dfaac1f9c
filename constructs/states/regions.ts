import type { FlowDefinition } from "../../lib/flow/definition.ts";
import type { Fold, Exit as FoldExit, Place, Region } from "../../lib/flow/fold.ts";
import type { Choice, Exit, Machine, Parallel, State, Template } from "./asl.ts";
import { type DeployStates, deployStates } from "./deploy.ts";
import { type Around, branchPath, evaluated, fromStep, stepState } from "./expressions.ts";
import { aroundIteration, mapState } from "./foreach.ts";
import { StateNames } from "./names.ts";
import type { Substitutions } from "./substitutions.ts";
import { batchTask, lambdaTask, readRecord, runsOnBatch } from "./tasks.ts";

/** What branches and iterations give: never data, since all of them together must fit in one state. */
const NOTHING = 0;
const NEXT_VISIT = { visit: "visit + 1" };

/** Where an exit goes: on to a state, or out of the machine, branch or iteration. */
type Arm = { readonly next: string; readonly back?: boolean } | { readonly output: Template };

/** A region that is being written. */
interface Draft {
  readonly region: Region;
  readonly around: Around;
  readonly states: Record<string, State>;
  /** A Choice cannot end a branch or an iteration itself: the state that it goes to. */
  done?: string;
}

/** Fields of the state that a step hands over, as expressions. */
type Changes = Readonly<Record<string, string>>;

/** Writes the regions of one flow, each as a machine: the whole, the branch of a Parallel, the iteration of a Map. */
export class RegionWriter {
  readonly #definition: FlowDefinition;
  readonly #fold: Fold;
  readonly #substitutions: Substitutions;
  readonly #names = new StateNames();

  constructor(definition: FlowDefinition, fold: Fold, substitutions: Substitutions) {
    this.#definition = definition;
    this.#fold = fold;
    this.#substitutions = substitutions;
  }

  write(region: Region, outside: Omit<Around, "loops">): Machine {
    const draft: Draft = { region, around: { ...outside, loops: region.loops }, states: {} };
    for (const step of region.steps) {
      const place = this.#fold.places.get(step);
      if (place !== undefined) this.#step(draft, place);
    }
    if (draft.done !== undefined) draft.states[draft.done] = { Type: "Succeed", Output: NOTHING };
    return { StartAt: region.entry, States: draft.states };
  }

  #step(draft: Draft, place: Place): void {
    const { step, exits } = place;
    const { around, states } = draft;
    const definition = this.#definition.steps[step];
    if (definition === undefined) throw new RangeError(`${this.#definition.name} has no step ${step}.`);
    const helpers: Record<string, State> = {};
    const exit = (changes: Changes) => this.#exit(draft, place, changes, helpers);
    const from = { from: fromStep(step) };
    const choice = exits.length > 1;
    const count = exits.some(({ kind }) => kind === "foreach");

    if (!runsOnBatch(definition)) {
      const { deploy } = definition;
      if (deploy !== undefined) Object.assign(states, this.#deploy(draft, step, { ...definition, deploy }, exit));
      else {
        const answer = {
          ...(choice && { choice: "$states.result.Payload.choice" }),
          ...(count && { n: "$states.result.Payload.count" }),
        };
        const after = exit({ ...from, ...answer });
        states[step] = lambdaTask(this.#substitutions.ofStep("function", step), definition, around, after);
      }
    } else if (choice || count) {
      const record = this.#names.of(step, "record");
      const answer = {
        ...(choice && { choice: "$number($states.result.Item.transition.N)" }),
        ...(count && { n: "$number($states.result.Item.count.N)" }),
      };
      const toRecord = { Output: evaluated(stepState(around, from)), Next: record };
      states[step] = batchTask(this.#definition.name, step, definition, around, this.#substitutions, toRecord);
      states[record] = readRecord(step, around, this.#substitutions, exit(answer));
    } else {
      states[step] = batchTask(this.#definition.name, step, definition, around, this.#substitutions, exit(from));
    }
    Object.assign(states, helpers);
  }

  #deploy({ around }: Draft, step: string, definition: DeployStates["definition"], exit: (changes: Changes) => Exit) {
    const { exits } = this.#fold.places.get(step) ?? { exits: [] };
    const answer = {
      ...(exits.length > 1 && { choice: "choice" }),
      ...(exits.some(({ kind }) => kind === "foreach") && { n: "n" }),
    };
    const after = exit({ from: fromStep(step), ...answer });
    const functionName = this.#substitutions.ofStep("function", step);
    const name = (what: string) => this.#names.of(step, what);
    return deployStates({ step, definition, functionName, around, exit: after, name });
  }

  /** How a step's last Task state goes on; `helpers` gets the Choice, Parallel and Map states that this needs. */
  #exit(draft: Draft, { step, exits }: Place, changes: Changes, helpers: Record<string, State>): Exit {
    const { around } = draft;
    const opened: Record<string, State> = {};
    const arms = exits.map((exit) => this.#arm(exit, step, around, opened));
    const [only] = arms;
    if (only !== undefined && arms.length === 1) {
      Object.assign(helpers, opened);
      return "output" in only
        ? { Output: only.output, End: true }
        : {
            Output: evaluated(stepState(around, only.back ? { ...changes, ...NEXT_VISIT } : changes)),
            Next: only.next,
          };
    }
    const name = this.#names.of(step, "next");
    helpers[name] = { Type: "Choice", Choices: arms.map((arm, index) => this.#rule(arm, index, draft)) };
    Object.assign(helpers, opened);
    return { Output: evaluated(stepState(around, changes)), Next: name };
  }

  /** No rule is the default: an answer that is none of the transitions fails the run. */
  #rule(arm: Arm, index: number, draft: Draft): Choice["Choices"][number] {
    const Condition = evaluated(`$states.input.choice = ${index}`);
    if ("output" in arm) {
      draft.done ??= this.#names.of(draft.region.entry, "done");
      return { Condition, Next: draft.done };
    }
    const back = arm.back ? { Output: evaluated(stepState(draft.around, NEXT_VISIT)) } : {};
    return { Condition, ...back, Next: arm.next };
  }

  #arm(exit: FoldExit, step: string, around: Around, opened: Record<string, State>): Arm {
    switch (exit.kind) {
      case "next":
        return { next: exit.step, back: exit.back };
      case "leave":
        return { output: NOTHING };
      case "end":
        return { output: { run: evaluated("$states.input.run") } };
      case "split": {
        const name = this.#names.of(step, "branches");
        opened[name] = this.#parallel(exit, around);
        return { next: name, back: false };
      }
      case "foreach": {
        const { foreach, body, join } = exit;
        const name = this.#names.of(foreach.body, "each");
        const iteration = this.write(body, aroundIteration(foreach, around));
        opened[name] = mapState({ splitter: step, foreach, around, join }, iteration, this.#names);
        return { next: name, back: false };
      }
    }
  }

  #parallel({ branches, join }: FoldExit & { kind: "split" }, around: Around): Parallel {
    const path = branchPath(around);
    const inside = { ...around, marked: path !== undefined };
    return {
      Type: "Parallel",
      ...(path !== undefined && { Arguments: evaluated(stepState(around, { path, visit: "0" })) }),
      Branches: branches.map((branch) => this.write(branch, inside)),
      Output: evaluated("$states.input"),
      Next: join,
    };
  }
}
