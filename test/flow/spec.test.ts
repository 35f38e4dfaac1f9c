import { describe, expect, test } from "vitest";
import { fieldsOf, unset } from "../../lib/flow/spec/fields.ts";
import { bindTask, isFlowClass } from "../../lib/flow/spec/flow-spec.ts";
import { stepsOf } from "../../lib/flow/spec/steps-of.ts";
import { returnedTransition } from "../../lib/flow/spec/transitions.ts";
import {
  artifact,
  FlowSpec,
  type ForeachInputs,
  type Inputs,
  type Json,
  parameter,
  step,
  type Transition,
} from "../../lib/index.ts";
import { anotherCopy } from "./another-copy.ts";
import { failureOf } from "./failure.ts";

class Train extends FlowSpec {
  readonly alpha = parameter.number({ default: 0.5, min: 0, max: 1, help: "the learning rate" });
  readonly optimizer = parameter.string({ default: "adam", choices: ["adam", "sgd"] });
  readonly rows = parameter.integer({ min: 1 });
  readonly verbose = parameter.boolean({ default: false });
  readonly layers = parameter.json<number[]>({ default: [10, 1] });
  seeds = [1, 2, 3];
  loss = 1;
  model = artifact<Float64Array>();
  best = artifact<number>();

  @step start() {
    return this.next(this.left, this.right);
  }

  @step left() {
    return this.next(this.join);
  }

  @step right() {
    return this.next(this.join);
  }

  @step join(inputs: Inputs<Train, "left" | "right">) {
    this.loss = inputs.left.loss;
    return this.next(this.spread);
  }

  @step spread() {
    return this.foreach(this.seeds, this.fit, { maxConcurrency: 2 });
  }

  @step({
    compute: { kind: "batch", vcpu: 4, memory: "8 GiB", gpu: 1, image: "pytorch:2" },
    retry: { times: 3, interval: "10 s", backoff: 1.5 },
    timeout: "2 h",
    isolate: "process",
  })
  fit(seed: number) {
    this.loss = seed;
    return this.next(this.choose);
  }

  @step({ compute: { kind: "lambda" }, retry: 2 })
  choose(inputs: ForeachInputs<Train>) {
    this.loss = Math.min(...inputs.map((input) => input.loss));
    return this.loss > 0.1 ? this.next(this.spread) : this.next(this.end);
  }

  @step async end() {}

  helper() {
    return this.loss;
  }

  report(): Json {
    return [this.input as Json, this.index, this.current.step];
  }
}

/** Calls a step's method, which the types of `Train` leave to the runtime. */
function call(flow: object, method: string, ...parameters: unknown[]): unknown {
  return (flow as Record<string, (...parameters: unknown[]) => unknown>)[method]?.(...parameters);
}

describe("a flow's fields", () => {
  test("are its parameters and artifacts", () => {
    expect(fieldsOf(Train)).toEqual({
      parameters: {
        alpha: { type: "number", default: 0.5, min: 0, max: 1, help: "the learning rate" },
        optimizer: { type: "string", default: "adam", choices: ["adam", "sgd"] },
        rows: { type: "integer", min: 1 },
        verbose: { type: "boolean", default: false },
        layers: { type: "json", default: [10, 1] },
      },
      artifacts: ["seeds", "loss", "model", "best"],
      initialized: ["seeds", "loss"],
    });
    expect(new Train().model).toBe(unset);
  });

  test("of a base flow are inherited, and an initializer of the derived one replaces them", () => {
    class Quick extends Train {
      override readonly alpha = parameter.number({ default: 0.9 });
      override model = new Float64Array(1);
    }
    const { parameters, initialized } = fieldsOf(Quick);
    expect(parameters.alpha).toEqual({ type: "number", default: 0.9 });
    expect(initialized).toEqual(["seeds", "loss", "model"]);
  });

  const refused: readonly [string, () => unknown, string, RegExp][] = [
    [
      "a function",
      () =>
        class extends FlowSpec {
          f = () => 1;
        },
      "FLOW_FIELD",
      /The field f of .* is a function/,
    ],
    ["a field that hides a step", () => hiding("start"), "FLOW_FIELD", /The field start of .* hides the member/],
    ["a field that hides this.next", () => hiding("next"), "FLOW_FIELD", /The field next of .* hides the member/],
    ["a field that hides this.current", () => hiding("current"), "FLOW_FIELD", /The field current of .* hides/],
    ["a field that hides toString", () => hiding("toString"), "FLOW_FIELD", /The field toString of .* hides/],
    ["a field named __proto__", () => hiding("__proto__"), "FLOW_FIELD", /The field __proto__/],
    [
      "a default of another type",
      () =>
        class extends FlowSpec {
          readonly p = parameter.number({ default: "1" as unknown as number });
        },
      "PARAMETER_DEFINITION",
      /^The default of p must be a number; received "1"\.$/,
    ],
    [
      "a default that JSON does not have",
      () =>
        class extends FlowSpec {
          readonly p = parameter.json({ default: new Date(0) as unknown as Json });
        },
      "PARAMETER_DEFINITION",
      /^The default of p must be a JSON value; received "1970/,
    ],
    [
      "a default that is no choice",
      () =>
        class extends FlowSpec {
          readonly p = parameter.string({ default: "c" as "a", choices: ["a", "b"] });
        },
      "PARAMETER_DEFINITION",
      /^The default of p must be one of "a", "b"; received "c"\.$/,
    ],
    [
      "bounds without a value between them",
      () =>
        class extends FlowSpec {
          readonly p = parameter.number({ min: 2, max: 1 });
        },
      "PARAMETER_DEFINITION",
      /^p has no value between 2 and 1\.$/,
    ],
    [
      "a parameter used before it has a value",
      () =>
        class extends FlowSpec {
          readonly p = parameter.number();
          twice = this.p * 2;
        },
      "PARAMETER_EARLY",
      /no value yet/,
    ],
    [
      "an initializer that throws",
      () =>
        class Broken extends FlowSpec {
          rows = JSON.parse("{");
        },
      "FLOW_CONSTRUCTOR",
      /^The fields of Broken cannot be initialized: /,
    ],
  ];

  function hiding(name: string): unknown {
    return class extends FlowSpec {
      constructor() {
        super();
        Object.defineProperty(this, name, { value: 1, enumerable: true });
      }
      @step start() {
        return this.next(this.start);
      }
    };
  }

  test.each(refused)("are no %s", (_, make, code, message) => {
    expect(failureOf(() => fieldsOf(make() as typeof Train))).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe("a flow's steps", () => {
  test("are the decorated methods with their options, in units of the definition", () => {
    const steps = stepsOf(Train);
    expect([...steps.keys()]).toEqual(["start", "left", "right", "join", "spread", "fit", "choose", "end"]);
    expect(steps.get("start")).toMatchObject({
      name: "start",
      settings: {},
      method: Train.prototype.start,
      declaredIn: Train,
    });
    expect(steps.get("fit")?.settings).toEqual({
      compute: { kind: "batch", vcpu: 4, memory: 8192, gpu: 1, image: "pytorch:2" },
      retry: { times: 3, interval: 10, backoff: 1.5 },
      timeout: 7200,
      isolate: "process",
    });
    expect(steps.get("choose")?.settings).toEqual({
      compute: { kind: "lambda", memory: 1024 },
      retry: { times: 2, interval: 1, backoff: 2 },
    });
  });

  test("know the file that declares them, with and without options", () => {
    for (const name of ["start", "fit"]) {
      expect(stepsOf(Train).get(name)?.callers()[0]?.file).toBe(import.meta.url);
    }
  });

  test("are inherited, and overridden in their place", () => {
    class Base extends FlowSpec {
      @step start() {
        return this.next(this.train);
      }
      @step({ retry: 1 }) train(): Transition {
        return this.next(this.end);
      }
      @step end() {}
    }
    class Derived extends Base {
      @step({ retry: 5 }) override train() {
        return this.next(this.evaluate);
      }
      @step evaluate() {
        return this.next(this.end);
      }
    }
    expect(
      [...stepsOf(Derived)].map(([name, { declaredIn, settings }]) => [name, declaredIn, settings.retry?.times]),
    ).toEqual([
      ["start", Base, undefined],
      ["train", Derived, 5],
      ["end", Base, undefined],
      ["evaluate", Derived, undefined],
    ]);
    expect(call(new Derived(), "start")).toMatchObject({ kind: "next", steps: ["train"] });
    expect(stepsOf(Base).get("train")?.settings.retry?.times).toBe(1);
  });

  test("are not overridden by a method without @step", () => {
    class Derived extends Train {
      override left() {
        return this.next(this.join);
      }
    }
    expect(failureOf(() => stepsOf(Derived))).toMatchObject({
      code: "STEP",
      message: "Derived.left overrides a step, but has no @step.",
      fix: "Put @step before left, with the options that it shall have.",
    });
  });

  const deployed = (change: object) => ({
    deploy: { endpoint: "iris", service: "service.ts", instanceType: "ml.m5.large", ...change },
  });

  const options: readonly [string, object, string][] = [
    ["an unknown option", { retries: 3 }, "The step a: retries is not an option of a step."],
    [
      "an unknown kind of compute",
      { compute: { kind: "ecs" } },
      'The step a: compute is of the kind "lambda" or "batch"; received "ecs".',
    ],
    [
      "an option of another kind",
      { compute: { kind: "lambda", vcpu: 1 } },
      "The step a: vcpu is not an option of a Lambda step.",
    ],
    [
      "a size that is none",
      { compute: { kind: "lambda", memory: "512 MB" } },
      'The step a: "512 MB" is not a size such as "512 MiB" or "8 GiB".',
    ],
    [
      "memory that Lambda lacks",
      { compute: { kind: "lambda", memory: "16 GiB" } },
      'The step a: memory is 128 MiB to 10 GiB on Lambda; received "16 GiB".',
    ],
    [
      "no memory on Batch",
      { compute: { kind: "batch", vcpu: 1 } },
      'The step a: undefined is not a size such as "512 MiB" or "8 GiB".',
    ],
    [
      "no processor on Batch",
      { compute: { kind: "batch", memory: "1 GiB" } },
      "The step a: vcpu is a number from 0.25; received undefined.",
    ],
    ["half a retry", { retry: 0.5 }, "The step a: retry is a whole number from 0; received 0.5."],
    [
      "a back-off that shrinks",
      { retry: { times: 1, backoff: 0.5 } },
      "The step a: backoff is a number from 1; received 0.5.",
    ],
    [
      "a time-out without a unit",
      { timeout: "5" },
      'The step a: "5" is not a duration such as "20 ms", "90 s", "5 min" or "2 h".',
    ],
    ["a time-out of nothing", { timeout: "0 s" }, "The step a: timeout is a number from 0.001; received 0."],
    [
      "a deployment of nothing",
      { deploy: "iris" },
      'The step a: deploy is an endpoint and a service; received "iris".',
    ],
    ["an unknown option of a deployment", deployed({ region: "x" }), "The step a: region is not an option of deploy."],
    [
      "an endpoint that cannot have its name",
      deployed({ endpoint: "iris_1" }),
      'The step a: endpoint is a name of up to 63 letters, digits and hyphens between them; received "iris_1".',
    ],
    [
      "a service that is no file",
      deployed({ service: "Iris" }),
      'The step a: service is a file in TypeScript, JavaScript or Python, or that and a class of it; received "Iris".',
    ],
    [
      "a service in another language",
      deployed({ service: "service.rb#Iris" }),
      'The step a: service is a file in TypeScript, JavaScript or Python, or that and a class of it; received "service.rb#Iris".',
    ],
    [
      "a service outside of the flow's folder",
      deployed({ service: "../service.ts" }),
      'The step a: The file "../service.ts" is not below the folder of the flow\'s file, which is what goes to AWS.',
    ],
    [
      "models that are no artifacts",
      deployed({ models: ["model"] }),
      'The step a: models is artifacts by the names of the service\'s models; received ["model"].',
    ],
    [
      "an endpoint on nothing",
      deployed({ instanceType: undefined }),
      "The step a: deploy does not say what the endpoint runs on.",
    ],
    [
      "an endpoint on two things",
      deployed({ serverless: { memory: "2 GiB" } }),
      "The step a: deploy has both instanceType and serverless.",
    ],
    [
      "an instance type that is none",
      deployed({ instanceType: "m5.large" }),
      'The step a: instanceType is a type of SageMaker\'s; received "m5.large".',
    ],
    [
      "half an instance",
      deployed({ instanceCount: 0.5 }),
      "The step a: instanceCount is a whole number from 1; received 0.5.",
    ],
    [
      "memory that a serverless endpoint lacks",
      deployed({ instanceType: undefined, serverless: { memory: "512 MiB" } }),
      'The step a: memory is 1 to 6 GiB in whole ones on a serverless endpoint; received "512 MiB".',
    ],
    [
      "more requests at a time than a serverless endpoint takes",
      deployed({ instanceType: undefined, serverless: { memory: "2 GiB", maxConcurrency: 201 } }),
      "The step a: maxConcurrency is a whole number from 1 to 200; received 201.",
    ],
    [
      "seconds for an endpoint",
      deployed({ timeout: "10 s" }),
      'The step a: timeout is at least a minute for an endpoint; received "10 s".',
    ],
    ["an unknown isolation", { isolate: "vm" }, 'The step a: isolate is "process"; received "vm".'],
  ];

  test.each(options)("take no option that is %s", (_, wrong, message) => {
    const declare = () =>
      class extends FlowSpec {
        @step(wrong) a() {
          return this.next(this.a);
        }
      };
    expect(failureOf(declare)).toMatchObject({ code: "STEP_OPTIONS", message });
  });

  test.each([
    ["a static method", { kind: "method", name: "a", static: true, private: false }],
    ["a private method", { kind: "method", name: "#a", static: false, private: true }],
    ["a method named by a symbol", { kind: "method", name: Symbol("a"), static: false, private: false }],
    ["a field", { kind: "field", name: "a", static: false, private: false }],
  ])("are no %s", (_, context) => {
    const decorate = step as unknown as (method: unknown, context: unknown) => void;
    expect(failureOf(() => decorate(() => undefined, context))).toMatchObject({ code: "STEP" });
  });

  test("name the setting where they are compiled with legacy decorators", async () => {
    await expect(anotherCopy({ compilerOptions: { experimentalDecorators: true } })).rejects.toMatchObject({
      code: "LEGACY_DECORATORS",
      message: "@step is a standard decorator, but was compiled as a legacy one.",
      fix: 'Remove "experimentalDecorators" from the compilerOptions of tsconfig.json.',
    });
    const legacy = step({ retry: 1 }) as unknown as (prototype: object, name: string, descriptor: object) => void;
    expect(failureOf(() => legacy(Train.prototype, "a", {}))).toMatchObject({ code: "LEGACY_DECORATORS" });
  });
});

describe("a transition", () => {
  const flow = new Train();

  test("names the steps that it goes to", () => {
    expect(returnedTransition("start", call(flow, "start"))).toMatchObject({ kind: "next", steps: ["left", "right"] });
    expect(returnedTransition("left", call(flow, "left"))).toMatchObject({ kind: "next", steps: ["join"] });
  });

  test("holds the items of a foreach", () => {
    expect(returnedTransition("spread", call(flow, "spread"))).toMatchObject({
      kind: "foreach",
      body: "fit",
      items: [1, 2, 3],
    });
  });

  test.each([[[]], [["a"]], [new Float64Array(2)], [new BigInt64Array(1)]])("goes over %o", (items) => {
    expect(call(flow, "foreach", items, flow.fit)).toMatchObject({ kind: "foreach", body: "fit", items });
  });

  test("is a choice between the steps that are returned", () => {
    const loss = (value: number) => [{ loss: value }];
    expect(call(new Train(), "choose", loss(0.5))).toMatchObject({ steps: ["spread"] });
    expect(call(new Train(), "choose", loss(0.05))).toMatchObject({ steps: ["end"] });
  });

  test.each<[string, unknown[], string]>([
    ["a method without @step", [flow.helper], "this.next() goes to a step; received the function helper."],
    ["a step that is called", [call(flow, "left")], "this.next() goes to a step; received a value of class Object."],
    ["a name", ["left"], 'this.next() goes to a step; received "left".'],
    ["nothing", [undefined], "this.next() goes to a step; received undefined."],
    ["no step at all", [], "this.next() names no step."],
  ])("does not go to %s", (_, targets, message) => {
    expect(failureOf(() => call(flow, "next", ...targets))).toMatchObject({ code: "TRANSITION", message });
  });

  test.each<[unknown, string]>([
    ["abc", 'this.foreach() goes over an array; received "abc".'],
    [new Set([1]), "this.foreach() goes over an array; received a value of class Set."],
    [undefined, "this.foreach() goes over an array; received undefined."],
    [new DataView(new ArrayBuffer(1)), "this.foreach() goes over an array; received a value of class DataView."],
    [Object.create(null), "this.foreach() goes over an array; received a value of class Object."],
  ])("does not go over %o", (items, message) => {
    expect(failureOf(() => call(flow, "foreach", items, flow.fit))).toMatchObject({ code: "TRANSITION", message });
  });

  test.each<[string, unknown, string]>([
    ["left", undefined, "The step left must return a transition; it returned undefined."],
    ["left", 3, "The step left must return a transition; it returned 3."],
    [
      "left",
      { kind: "next", steps: ["join"] },
      "The step left must return a transition; it returned a value of class Object.",
    ],
    ["end", call(flow, "left"), "The step end goes nowhere, but returned a value of class Object."],
  ])("is what %s must return: %o", (name, returned, message) => {
    expect(failureOf(() => returnedTransition(name, returned))).toMatchObject({ code: "TRANSITION", message });
  });

  test("of end is none", () => {
    expect(returnedTransition("end", undefined)).toBeUndefined();
  });
});

describe("the task of an instance", () => {
  const current = { flow: "Train", run: "1", step: "fit", task: "2", attempt: 0, path: "2", parameters: {}, tags: [] };
  const saveModel = () => "1";

  test("is there in its steps, and is no artifact", () => {
    const flow = new Train();
    const before = Object.keys(flow);
    bindTask(flow, { current, saveModel, input: "setosa", index: 2 });
    expect(flow.report()).toEqual(["setosa", 2, "fit"]);
    expect(Object.keys(flow)).toEqual(before);
  });

  test("has no item outside of a foreach", () => {
    const flow = new Train();
    bindTask(flow, { current, saveModel });
    expect(failureOf(() => flow.report())).toMatchObject({
      code: "NO_TASK",
      message: "this.input is there inside a foreach, but fit is outside of any.",
    });
  });

  test("is not there while the flow is constructed", () => {
    class Early extends FlowSpec {
      started = this.current.run;
    }
    expect(failureOf(() => fieldsOf(Early))).toMatchObject({
      code: "NO_TASK",
      message: "this.current is there while a task runs, not while the flow is constructed.",
    });
  });
});

describe("a flow's class", () => {
  test("is one that extends FlowSpec", () => {
    expect([Train, FlowSpec, class {}, {}, undefined, () => undefined].map(isFlowClass)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  test("of another copy of the package is one as well, with its steps, fields and transitions", async () => {
    const copy = await anotherCopy();
    expect(copy.FlowSpec).not.toBe(FlowSpec);
    expect(isFlowClass(copy.Flow)).toBe(true);
    expect([...stepsOf(copy.Flow).keys()]).toEqual(["start", "end"]);
    expect(fieldsOf(copy.Flow)).toEqual({
      parameters: { p: { type: "string", default: "x" } },
      artifacts: ["a"],
      initialized: [],
    });
    expect(returnedTransition("start", call(new copy.Flow(), "start"))).toMatchObject({ kind: "next", steps: ["end"] });
  });
});
