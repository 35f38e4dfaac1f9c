import { fileURLToPath } from "node:url";

/** A flow of this folder and what a run of it leaves, wherever it runs. */
export interface Shape {
  readonly name: string;
  /** In `flows/`. Default: the name with `.ts`. */
  readonly file?: string;
  readonly flow: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Every task, in the order of steps, as `step/path/visit`; an attempt that failed adds a `!`. */
  readonly tasks: readonly string[];
  /** Of a run that succeeds: the artifacts that are visible after `end`. What is unset there is left out. */
  readonly artifacts?: Readonly<Record<string, unknown>>;
  /** Of a run that fails: the task, the attempt that was its last, and the error's message, where it is the same everywhere. */
  readonly failure?: { readonly task: string; readonly attempt: number; readonly message?: string };
}

/** The path of the file that declares the shape's flow. */
export function fileOf({ name, file = `${name}.ts` }: Shape): string {
  return fileURLToPath(new URL(`flows/${file}`, import.meta.url));
}

export const shapes: readonly Shape[] = [
  {
    name: "linear",
    flow: "Linear",
    parameters: { alpha: 0.25 },
    tasks: ["start//0", "middle//0", "end//0"],
    artifacts: {
      alpha: 0.25,
      words: ["start", "middle", "end"],
      kept: { deep: [1, 2] },
      when: new Date(0),
      scaled: 2.5,
    },
  },
  {
    name: "split",
    flow: "Split",
    tasks: ["start//0", "filter//0", "b//0", "join//0", "end//0"],
    artifacts: { x: 12, onlyFilter: "changed by one branch", same: 7, order: ["x1", "x2"] },
  },
  {
    name: "nested-split",
    flow: "NestedSplit",
    tasks: ["start//0", "a//0", "a1//0", "a2//0", "inner//0", "b//0", "outer//0", "end//0"],
    artifacts: { trail: ["a", "a1", "a", "a2", "b"] },
  },
  {
    name: "foreach",
    flow: "Foreach",
    tasks: [
      "start//0",
      ...["measure/0/0", "measure/1/0", "measure/2/0"],
      ...["name/0/0", "name/1/0", "name/2/0"],
      "join//0",
      "end//0",
    ],
    artifacts: {
      words: ["one", "two", "three"],
      lengths: [3, 3, 5],
      labels: ["0 one 0", "1 two 1", "2 three 2"],
    },
  },
  {
    name: "nested-foreach",
    flow: "NestedForeach",
    tasks: [
      "start//0",
      ...["open/0/0", "open/1/0", "open/2/0"],
      ...["square/0.0/0", "square/0.1/0", "square/2.0/0"],
      ...["closeRow/0/0", "closeRow/1/0", "closeRow/2/0"],
      "closeTable//0",
      "end//0",
    ],
    artifacts: { table: "[0.0:1 0.1:4] [] [2.0:9]" },
  },
  {
    name: "foreach-in-split",
    flow: "ForeachInSplit",
    tasks: [
      "start//0",
      "numbers//0",
      ...["square/0/0", "square/1/0", "square/2/0"],
      "add//0",
      "words//0",
      "meet//0",
      "end//0",
    ],
    artifacts: { sum: 14, text: "14 words" },
  },
  {
    name: "empty-foreach",
    flow: "EmptyForeach",
    tasks: ["start//0", "join//0", "end//0"],
    artifacts: { items: [], untouched: "as it was", count: 0 },
  },
  {
    name: "choice",
    flow: "Choice",
    parameters: { loss: 0.05 },
    tasks: ["start//0", "good//0", "end//0"],
    artifacts: { loss: 0.05, verdict: "good" },
  },
  {
    name: "choice-in-foreach",
    flow: "ChoiceInForeach",
    tasks: [
      "start//0",
      ...["look/0/0", "look/1/0", "look/2/0", "look/3/0"],
      ...["even/1/0", "even/3/0"],
      ...["odd/0/0", "odd/2/0"],
      "join//0",
      "end//0",
    ],
    artifacts: { kinds: ["1 is odd", "2 is even", "3 is odd", "4 is even"] },
  },
  {
    name: "split-in-choice",
    flow: "SplitInChoice",
    tasks: ["start//0", "left//0", "right//0", "join//0", "end//0"],
    artifacts: { wide: true, part: "", parts: "left and right" },
  },
  {
    name: "split-in-choice",
    flow: "SplitInChoice",
    parameters: { wide: false },
    tasks: ["start//0", "narrow//0", "end//0"],
    artifacts: { wide: false, part: "", parts: "narrow" },
  },
  {
    name: "loop",
    flow: "Loop",
    tasks: ["start//0", "train//0", "train//1", "train//2", "train//3", "end//3"],
    artifacts: { loss: 0.0625, losses: [0.5, 0.25, 0.125, 0.0625] },
  },
  {
    name: "loop-in-foreach",
    flow: "LoopInForeach",
    tasks: [
      "start//0",
      ...["begin/0/0", "begin/1/0", "begin/2/0"],
      ...["round/0/0", "round/0/1", "round/0/2", "round/0/3"],
      "round/1/0",
      ...["round/2/0", "round/2/1"],
      "join//0",
      "end//0",
    ],
    artifacts: { allRounds: [4, 1, 2] },
  },
  {
    name: "foreach-in-loop",
    flow: "ForeachInLoop",
    tasks: [
      "start//0",
      ...["open//0", "open//1", "open//2"],
      ...["multiply/0/0", "multiply/1/0", "multiply/~1.0/0", "multiply/~1.1/0", "multiply/~2.0/0", "multiply/~2.1/0"],
      ...["join//0", "join//1", "join//2"],
      "end//2",
    ],
    artifacts: { generation: 3, sums: [30, 300, 3000] },
  },
  {
    name: "retry",
    flow: "Retry",
    tasks: ["start//0!", "end//0"],
    artifacts: { tries: [1] },
  },
  {
    name: "retry-exhausted",
    flow: "RetryExhausted",
    tasks: ["start//0", "fragile//0!!"],
    failure: { task: "fragile//0", attempt: 1, message: "attempt 1 is too early" },
  },
  {
    name: "time-out",
    flow: "TimeOut",
    tasks: ["start//0", "slow//0!"],
    failure: { task: "slow//0", attempt: 0 },
  },
  {
    name: "tolerate",
    flow: "Tolerate",
    tasks: ["start//0", "body/0/0", "body/1/0!", "body/2/0", "body/3/0", "join//0", "end//0"],
    artifacts: { values: [1, 3, 4] },
  },
  {
    name: "foreach-in-batches",
    flow: "ForeachInBatches",
    tasks: ["start//0", ...["square/0/0", "square/1/0", "square/2/0", "square/3/0", "square/4/0"], "join//0", "end//0"],
    artifacts: { squares: [1, 4, 9, 16, 25] },
  },
  {
    name: "handlers",
    file: "handlers.yaml",
    flow: "Handlers",
    parameters: { rate: 3 },
    tasks: ["start//0", "scale/0/0", "scale/1/0", "gather//0", "few//0", "end//0"],
    artifacts: { rate: 3, rows: [3, 4], scaled: ["0: 9", "1: 12"], note: "few: 0: 9, 1: 12" },
  },
];
