import { artifact, FlowSpec, type ForeachInputs, parameter, step } from "millrace";
import { fold } from "../../lib/flow/fold.ts";
import { describeFlow } from "../../lib/flow/load/describe.ts";
import { stepContext } from "../../lib/task/context.ts";
import type { AttemptRequest, StepContext } from "../../lib/task/protocol.ts";

const big = "x".repeat(10_000);

/** Reads, changes and leaves alone; what is big is in the blob store. */
export class Touches extends FlowSpec {
  readonly scale = parameter.number({ default: 2 });
  used = big;
  unused = `${big} unused`;
  dynamic = `${big} dynamic`;
  list = [1];
  same = { deep: [1] };
  length = 0;
  gone = 1;
  late = artifact<string>();

  @step start() {
    return this.next(this.touch);
  }

  @step touch() {
    const name = `dyna${"mic"}` as "dynamic";
    this.length = this.used.length + this[name].length;
    this.list.push(this.scale);
    this.same.deep.push(2);
    this.same.deep.pop();
    return this.next(this.end);
  }

  @step end() {
    delete (this as Partial<this>).gone;
  }
}

/** A foreach over objects, each of which its iteration changes. */
export class Each extends FlowSpec {
  seen = { n: 0 };
  total = 0;

  @step start() {
    return this.foreach([{ n: 1 }, { n: 2 }, { n: 3 }], this.body);
  }

  @step body(item: { n: number }) {
    item.n *= 10;
    this.seen = item;
    return this.next(this.join);
  }

  @step join(inputs: ForeachInputs<Each>) {
    this.total = inputs.reduce((sum, input) => sum + input.seen.n, 0);
    return this.next(this.end);
  }

  @step end() {}
}

export function contextsOf(flow: new () => FlowSpec): (step: string) => StepContext {
  const definition = describeFlow(flow);
  const folded = fold(definition);
  return (name) => stepContext(definition, folded, name);
}

export function request(step: string, rest: Partial<AttemptRequest> = {}): AttemptRequest {
  return { run: "run", step, path: "", visit: 0, attempt: 0, ...rest };
}
