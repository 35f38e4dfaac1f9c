import type { Foreach } from "../../lib/flow/definition.ts";
import type { Machine, MapState, Template } from "./asl.ts";
import {
  type Around,
  branchPath,
  evaluated,
  iterationCounts,
  iterationPath,
  stepStateTemplate,
} from "./expressions.ts";
import type { StateNames } from "./names.ts";

/** `[0..n-1]` of more items is over the 256 KiB that a state may hold. */
const MOST_ITEMS = 40_000;
/** Up to here an outermost foreach that declares its `max` runs inside of its own execution, whose history has 25,000 events. */
const MOST_INLINE = 1_000;
const DISTRIBUTED_CONCURRENCY = 100;
const ITEM = "$states.context.Map.Item.Value";

/** A foreach: the step that hands over its items, the iterations' states, and what comes after. */
export interface Iterations {
  readonly splitter: string;
  readonly foreach: Foreach;
  readonly around: Around;
  readonly join: string;
}

/** Whether the iterations are executions of their own. Inside of such an execution no others are started. */
function isDistributed({ max }: Foreach, around: Around): boolean {
  return !around.distributed && (max === undefined || max > MOST_INLINE);
}

/** What is known of the states inside of an iteration, but for its region's loops. */
export function aroundIteration(foreach: Foreach, around: Around): Omit<Around, "loops"> {
  return { depth: around.depth + 1, marked: false, distributed: around.distributed || isDistributed(foreach, around) };
}

/**
 * The Map state. It goes over the indices below `n`, which the state before it hands over; iterations give 0. Where failures are tolerated, a
 * distributed Map counts them itself, if each of its children is one iteration; else an iteration that fails gives 1, and the Map counts those.
 */
export function mapState(iterations: Iterations, body: Machine, names: StateNames): MapState {
  const { foreach, around, join } = iterations;
  const distributed = isDistributed(foreach, around);
  const batch = distributed ? (foreach.batch ?? 1) : 1;
  const tolerated = percentage(foreach.tolerate ?? 0);
  const counted = tolerated > 0 && !(distributed && batch === 1);
  const iteration = counted ? countingFailure(foreach.body, body, names) : body;
  const concurrency = foreach.maxConcurrency ?? (distributed ? DISTRIBUTED_CONCURRENCY : undefined);
  return {
    Type: "Map",
    Items: evaluated(items(iterations, batch)),
    ItemSelector:
      batch > 1
        ? batchInput(around, batch)
        : iterationInput(around, iterationPath(around, ITEM), iterationCounts(around)),
    ...(concurrency !== undefined && { MaxConcurrency: concurrency }),
    ...(tolerated > 0 && !counted && { ToleratedFailurePercentage: tolerated }),
    ItemProcessor: {
      ...(distributed && { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" } }),
      ...(batch > 1 ? batchMachine(foreach.body, around, batch, iteration, counted, names) : iteration),
    },
    Output: evaluated(counted ? unlessTooManyFailed(foreach.body, tolerated) : "$states.input"),
    Next: join,
  };
}

/** The indices of the iterations or, with a batch of several, of the batches; an error where there are too many or `n` is missing. */
function items({ splitter, foreach }: Iterations, batch: number): string {
  const most = Math.min(foreach.max ?? Number.POSITIVE_INFINITY, MOST_ITEMS * batch);
  const count = batch > 1 ? `$ceil($states.input.n / ${batch})` : "$states.input.n";
  const message = `'${splitter} hands ' & $states.input.n & ' items to ${foreach.body}; ${most} is the most'`;
  return `$states.input.n <= ${most} ? [0..${count} - 1] : $error(${message})`;
}

function iterationInput(around: Around, path: string, counts: string): Template {
  return stepStateTemplate(around, { path, visit: "0", counts });
}

/** Of a child execution that takes care of several iterations: `path` is what goes before the index. */
function batchInput(around: Around, batch: number): Template {
  return stepStateTemplate(around, {
    path: branchPath(around) ?? "path",
    visit: "0",
    counts: iterationCounts(around),
    n: "n",
    first: `${ITEM} * ${batch}`,
  });
}

function batchMachine(
  step: string,
  around: Around,
  batch: number,
  iteration: Machine,
  counted: boolean,
  names: StateNames,
): Machine {
  const name = names.of(step, "batch");
  const { first, n } = { first: "$states.input.first", n: "$states.input.n" };
  const state: MapState = {
    Type: "Map",
    Items: evaluated(`[${first}..$min([${first} + ${batch}, ${n}]) - 1]`),
    ItemSelector: iterationInput(around, iterationPath(around, ITEM, "path"), "counts"),
    MaxConcurrency: 1,
    ItemProcessor: iteration,
    Output: counted ? evaluated("$sum($states.result)") : 0,
    End: true,
  };
  return { StartAt: name, States: { [name]: state } };
}

/** Gives 0 where the iteration succeeds, 1 where it fails. */
function countingFailure(step: string, iteration: Machine, names: StateNames): Machine {
  const attempt = names.of(step, "try");
  const failed = names.of(step, "failed");
  return {
    StartAt: attempt,
    States: {
      [attempt]: {
        Type: "Parallel",
        Branches: [iteration],
        Catch: [{ ErrorEquals: ["States.ALL"], Next: failed }],
        Output: 0,
        End: true,
      },
      [failed]: { Type: "Pass", Output: 1, End: true },
    },
  };
}

function unlessTooManyFailed(step: string, tolerated: number): string {
  const message = `$sum($states.result) & ' of ' & $states.input.n & ' iterations of ${step} failed; ${tolerated} % may'`;
  return `$sum($states.result) * 100 > ${tolerated} * $states.input.n ? $error(${message}) : $states.input`;
}

/** Without the last digits of a product of fractions. */
function percentage(share: number): number {
  return Number((share * 100).toFixed(6));
}
