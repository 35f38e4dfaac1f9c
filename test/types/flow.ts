// What the types accept, and, behind each @ts-expect-error, what they refuse. Compiled by `npm run check`; nothing here runs.
import { artifact, FlowSpec, type ForeachInputs, type Inputs, parameter, step, type Transition } from "millrace";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}

interface Row {
  readonly species: string;
}

/** Every shape of a flow, inferred without a single annotation of a return type. */
export class Accepted extends FlowSpec {
  readonly alpha = parameter.number({ default: 0.5, min: 0 });
  readonly optimizer = parameter.string({ default: "adam", choices: ["adam", "sgd"] });
  readonly name = parameter.string();
  readonly depth = parameter.integer({ choices: [1, 2] });
  readonly verbose = parameter.boolean({ default: false });
  readonly layers = parameter.json<number[]>({ default: [10] });
  rows: Row[] = [];
  loss = 1;
  samples = new Float64Array(3);
  model = artifact<Map<string, number>>();

  @step start() {
    return this.next(this.filter, this.length, this.fan);
  }

  @step filter() {
    return this.next(this.join);
  }

  @step({ retry: 2, timeout: "5 min", compute: { kind: "lambda", memory: "1 GiB" }, isolate: "process" })
  async length() {
    return this.loss > 0.5 ? this.next(this.length) : this.next(this.join);
  }

  @step fan() {
    return this.foreach(this.rows, this.body, { maxConcurrency: 5, max: 100, batch: 10, tolerate: 0.1 });
  }

  @step({ compute: { kind: "batch", vcpu: 4, memory: "8 GiB", gpu: 1, image: "python:3.13" } })
  body(row: Row) {
    same<typeof row.species, string>(true);
    return this.foreach(this.samples, this.inner);
  }

  @step inner(sample: number) {
    this.loss = sample * this.index;
    return this.next(this.gather);
  }

  @step gather(inputs: ForeachInputs<Accepted>) {
    this.loss = inputs.map((input) => input.loss).length + inputs.length;
    return this.next(this.collect);
  }

  @step collect(inputs: ForeachInputs<Accepted>) {
    this.model = new Map(inputs.map((input) => [input.name, input.loss]));
    return this.next(this.join);
  }

  @step join(inputs: Inputs<Accepted, "filter" | "length" | "fan">) {
    for (const input of inputs) this.loss += input.loss;
    same<typeof inputs.filter.model, Map<string, number>>(true);
    same<typeof inputs.length.optimizer, "adam" | "sgd">(true);
    return this.next(this.ping);
  }

  @step ping() {
    return this.loss > 1 ? this.next(this.pong) : this.foreach(["a", "b"], this.withoutItem);
  }

  @step pong() {
    return this.loss > 2 ? this.next(this.ping) : this.next(this.end);
  }

  @step withoutItem() {
    same<typeof this.input, unknown>(true);
    return this.next(this.last);
  }

  @step last(inputs: ForeachInputs<Accepted>) {
    return inputs.length > 1 ? this.next(this.end) : this.next(this.last);
  }

  @step async end() {}

  types() {
    same<typeof this.alpha, number>(true);
    same<typeof this.name, string>(true);
    same<typeof this.depth, 1 | 2>(true);
    same<typeof this.verbose, boolean>(true);
    same<typeof this.layers, number[]>(true);
    same<typeof this.current.attempt, number>(true);
  }
}

export abstract class Base extends FlowSpec {
  loss = 1;

  @step start() {
    return this.next(this.train);
  }

  abstract train(): Transition;

  @step end() {}
}

export class Derived extends Base {
  @step override train() {
    return this.loss > 0.1 ? this.next(this.train) : this.next(this.end);
  }
}

export class Refused extends FlowSpec {
  readonly alpha = parameter.number({ default: 0.5 });
  rows: Row[] = [];
  loss = 1;

  @step unknownStep() {
    // @ts-expect-error
    return this.next(this.nope);
  }

  // @ts-expect-error
  @step forgottenReturn() {
    this.next(this.end);
  }

  // @ts-expect-error
  @step({ retry: 3 })
  forgottenReturnWithOptions() {
    this.next(this.end);
  }

  // @ts-expect-error
  @step async forgottenReturnOfAPromise() {
    this.next(this.end);
  }

  // @ts-expect-error
  @step returnsOnlySometimes(): Transition | undefined {
    return this.loss > 1 ? this.next(this.end) : undefined;
  }

  // @ts-expect-error
  @step returnsAnotherValue() {
    return this.loss;
  }

  @step bodyAsAPlainTarget() {
    // @ts-expect-error
    return this.next(this.body);
  }

  @step bodyInASplit() {
    // @ts-expect-error
    return this.next(this.end, this.body);
  }

  @step overNoArray() {
    // @ts-expect-error
    return this.foreach(this.loss, this.body);
  }

  @step overAString() {
    // @ts-expect-error
    return this.foreach("abc", this.body);
  }

  @step overASet() {
    // @ts-expect-error
    return this.foreach(new Set(this.rows), this.body);
  }

  @step bodyOfAnotherItem() {
    // @ts-expect-error
    return this.foreach([1, 2], this.body);
  }

  @step joinAsABody() {
    // @ts-expect-error
    return this.foreach(this.rows, this.join);
  }

  @step wrongForeachOption() {
    // @ts-expect-error
    return this.foreach(this.rows, this.body, { concurrency: 3 });
  }

  @step toNothing() {
    // @ts-expect-error
    return this.next();
  }

  @step toAName() {
    // @ts-expect-error
    return this.next("end");
  }

  @step calledStep() {
    // @ts-expect-error
    return this.next(this.unknownStep());
  }

  @step body(row: Row) {
    // @ts-expect-error
    this.alpha = 3;
    return row.species === "" ? this.next(this.join) : this.next(this.end);
  }

  @step join(inputs: Inputs<Refused, "bodyInASplit" | "overAString">) {
    // @ts-expect-error
    this.loss = inputs.bodyInASplit.nope;
    // @ts-expect-error
    this.loss = inputs.overASet.loss;
    // @ts-expect-error
    inputs.overAString.loss = 2;
    return this.next(this.end);
  }

  // @ts-expect-error
  @step unknownBranch(_: Inputs<Refused, "nope">) {
    return this.next(this.end);
  }

  @step foreachJoin(inputs: ForeachInputs<Refused>) {
    // @ts-expect-error
    this.loss = inputs.map((input) => input.nope).length;
    return this.next(this.end);
  }

  // @ts-expect-error
  @step({ retry: "3" })
  wrongRetry() {
    return this.next(this.end);
  }

  // @ts-expect-error
  @step({ timeout: "5 minutes" })
  wrongDuration() {
    return this.next(this.end);
  }

  // @ts-expect-error
  @step({ compute: { kind: "lambda", memory: "1 GB" } })
  wrongSize() {
    return this.next(this.end);
  }

  // @ts-expect-error
  @step({ compute: { kind: "lambda", vcpu: 1 } })
  optionOfAnotherKind() {
    return this.next(this.end);
  }

  // @ts-expect-error
  @step({ compute: { kind: "batch", vcpu: 1 } })
  batchWithoutMemory() {
    return this.next(this.end);
  }

  // @ts-expect-error
  @step({ retries: 3 })
  unknownOption() {
    return this.next(this.end);
  }

  // @ts-expect-error
  @step static ofTheClass(): Transition {
    throw new Error();
  }

  // @ts-expect-error
  @step end() {
    return this.next(this.end);
  }
}

export class NoFlow {
  // @ts-expect-error
  @step start(): Transition {
    throw new Error();
  }
}

export class Parameters extends FlowSpec {
  // @ts-expect-error
  readonly ofAnotherType = parameter.number({ default: "1" });
  // @ts-expect-error
  readonly noChoice = parameter.string({ default: "c", choices: ["a", "b"] });
  // @ts-expect-error
  readonly boundsOfAString = parameter.string({ min: 1 });
  // @ts-expect-error
  readonly notJson = parameter.json<Date>();
  // @ts-expect-error
  readonly choicesOfABoolean = parameter.boolean({ choices: [true] });
}

/** A step in Python is a step as any other. */
export class InPython extends FlowSpec {
  static override readonly python = { requirements: "requirements.txt" };
  rows: Row[] = [];

  @step({ python: "rows.py", requirements: ["numpy"], pythonVersion: "3.13" })
  start() {
    return this.foreach(this.rows, this.body);
  }

  @step({ python: "rows.py:fit", compute: { kind: "lambda", memory: "2 GiB", package: "image" } })
  body(_row: Row) {
    return this.next(this.join);
  }

  @step({ python: "rows.py", conda: "environment.yml" })
  join(_inputs: ForeachInputs<InPython>) {
    return this.next(this.end);
  }

  // @ts-expect-error: a file is named by text
  @step({ python: 3 }) end() {}
}

// @ts-expect-error: pythonVersion is text
export class WrongEnvironment extends FlowSpec {
  static override readonly python = { pythonVersion: 3.13 };
}
