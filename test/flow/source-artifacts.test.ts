import { describe, expect, test } from "vitest";
import { defineStep, faults } from "./flow-folder.ts";

/** What start, with this body, reads and writes. */
async function accesses(body: string, members = "") {
  const step = await defineStep(
    `  x = 0; y = 0; z = 0; xs: number[] = []; o = { p: 1 };
  readonly alpha = parameter.number({ default: 1 });
  @step async start() {
    ${body}
    return this.next(this.end);
  }
  ${members}
  @step end() {}`,
    "start",
  );
  return { reads: step.reads, writes: step.writes };
}

describe("what a step reads and writes", () => {
  test.each<[string, string, readonly string[] | "all", readonly string[]]>([
    ["a member", "console.log(this.x);", ["x"], []],
    ["a member by a string", 'console.log(this["x"]);', ["x"], []],
    ["a destructuring", "const { x, y: why = 1 } = this; console.log(x, why);", ["x", "y"], []],
    ["an assignment", "this.x = 1;", [], ["x"]],
    ["what is set before it is read", "this.x = 1; console.log(this.x);", [], ["x"]],
    ["what is read before it is set", "this.x = this.x + 1;", ["x"], ["x"]],
    ["a sum", "this.x += 1;", ["x"], ["x"]],
    ["an increment", "this.x++;", ["x"], ["x"]],
    ["a default", "this.x ??= 1;", ["x"], ["x"]],
    ["a change in place", "this.xs.push(this.y);", ["xs", "y"], []],
    ["an assignment inside of a value", "this.o.p = 1;", ["o"], []],
    ["a destructuring assignment", "[this.x, { p: this.y }] = [1, { p: 2 }];", [], ["x", "y"]],
    ["an optional chain", "console.log(this.o?.p);", ["o"], []],
    ["a parameter, which is no artifact", "this.x = this.alpha;", [], ["x"]],
    ["what every flow has", "console.log(this.current.run);", [], []],
    ["one arm of an if", "if (this.x) this.y = 1;", ["x"], []],
    ["both arms of an if", "if (this.x) this.y = 1; else { this.y = 2; this.z = 1; }", ["x"], ["y"]],
    ["an arm that throws", "if (this.x) throw new Error(); else this.y = 1;", ["x"], ["y"]],
    ["an early return", "if (this.x) return this.next(this.end);\n this.y = 1;", ["x"], []],
    ["the right of a logical expression", "this.x && (this.y = 1);", ["x"], []],
    ["both arms of a condition", "this.x ? (this.y = 1) : (this.y = 2);", ["x"], ["y"]],
    ["a loop", "for (const n of this.xs) this.y = n;", ["xs"], []],
    ["a loop that runs once at least", "do { this.y = 1; } while (this.x);", ["x"], ["y"]],
    ["a loop that may leave before", "do { if (this.x) break; this.y = 1; } while (this.x);", ["x"], []],
    ["an endless loop", "while (true) { this.y = 1; if (this.x) break; }", ["x"], ["y"]],
    ["a switch with a default", "switch (this.x) { case 1: this.y = 1; break; default: this.y = 2; }", ["x"], ["y"]],
    ["a switch without one", "switch (this.x) { case 1: this.y = 1; }", ["x"], []],
    ["a case that falls through", "switch (this.x) { case 1: this.z = 1; default: this.y = 2; }", ["x"], ["y"]],
    ["a try that may break off", "try { this.y = 1; } catch { console.log(1); }", [], []],
    ["a try and its handler", "try { this.y = 1; } catch { this.y = 2; }", [], ["y"]],
    ["a finally", "try { console.log(1); } finally { this.y = 1; }", [], ["y"]],
    ["a labelled block", "out: { if (this.x) break out; this.y = 1; }", ["x"], []],
    ["an arrow function", "this.xs.forEach((n) => { this.y = n + this.z; });", ["xs", "z"], []],
    ["a method", "this.help();", ["x"], ["y"]],
    ["a method that is handed on", "this.xs.map(this.help);", ["xs", "x"], []],
    ["a method that calls itself", "this.again(2);", ["z"], []],
    ["an accessor", "console.log(this.twice);", ["x"], []],
    ["a computed member", "const k = 'x' as const; console.log(this[k]);", "all", []],
    ["this, handed on", "this.x = 1; console.log(this);", "all", ["x"]],
    ["this, under another name", "const self = this; console.log(self.x);", "all", []],
    ["this, spread", "console.log({ ...this });", "all", []],
    ["the rest of this", "const { x, ...rest } = this; console.log(x, rest);", "all", []],
    ["a function with its own this", "[1].map(function (this: unknown) { return this; }, this);", "all", []],
    ["an unknown method's this", "this.toString();", [], []],
  ])("%s", async (_, body, reads, writes) => {
    const found = await accesses(
      body,
      `help() { this.y = this.x; }
      again(n: number) { if (n) this.again(this.z); }
      get twice() { return this.x * 2; }`,
    );

    expect(found).toEqual({ reads, writes });
  });

  test("what is set in one place only, on a way or not, counts where it is a parameter", async () => {
    expect(
      await faults(`  readonly alpha: number = parameter.number({ default: 1 }); x = 0;
  @step start() {
    const self = this as { alpha: number };
    if (this.x) (this as { alpha: number }).alpha = 2;
    return this.next(this.end);
  }
  @step end() {}`),
    ).toEqual([
      "flow.ts:6 PARAMETER_WRITE: start sets alpha, which is a parameter. Set an artifact instead: a parameter has one value in the whole run.",
    ]);
  });
});

describe("what a join reads of its inputs", () => {
  test.each<[string, string, readonly string[] | "all"]>([
    ["a branch's member", "console.log(inputs.a.x, inputs.b.y);", ["x", "y"]],
    ["a loop", "for (const input of inputs) this.z += input.x;", ["x"]],
    ["a loop with a pattern", "for (const { x, y } of inputs) this.z += x + y;", ["x", "y"]],
    ["a list of them", "console.log([...inputs].map((input) => input.x));", ["x"]],
    ["a list with indices", "console.log(Array.from(inputs, ({ y }, i) => y + i));", ["y"]],
    ["a loop over entries", "for (const [i, input] of [...inputs].entries()) console.log(i, input.x);", ["x"]],
    ["branches by name", "const { a, b } = inputs; console.log(a.x, b.y);", ["x", "y"]],
    ["a branch under another name", "const first = inputs.a; console.log(first.x);", ["x"]],
    ["a sum", "console.log([...inputs].reduce((sum, input) => sum + input.x, 0));", ["x"]],
    ["the best one", "const best = [...inputs].toSorted((a, b) => a.y - b.y)[0]; console.log(best?.x);", ["y", "x"]],
    ["those that fit", "console.log([...inputs].filter((input) => input.y > 1).map((input) => input.x));", ["y", "x"]],
    ["one that fits", "console.log([...inputs].find((input) => input.y > 1)?.x);", ["x", "y"]],
    ["nothing", "console.log(1);", []],
    ["one handed on", "console.log(inputs.a);", "all"],
    ["all handed on", "console.log(inputs);", "all"],
    ["each handed on", "for (const input of inputs) console.log(input);", "all"],
    ["a computed member", "const k = 'x' as const; console.log(inputs.a[k]);", "all"],
    ["a function by its name", "console.log([...inputs].map(String));", "all"],
    ["the rest of one", "const { x, ...rest } = inputs.a; console.log(x, rest);", "all"],
    ["another value of the same name", "console.log([{ q: 1 }].map((inputs) => inputs.q));", []],
  ])("%s", async (_, body, inputReads) => {
    const step = await defineStep(
      `  x = 0; y = 0; z = 0;
  @step start() { return this.next(this.a, this.b); }
  @step a() { return this.next(this.join); }
  @step b() { return this.next(this.join); }
  @step join(inputs: Inputs<F, "a" | "b">) {
    ${body}
    return this.next(this.end);
  }
  @step end() {}`,
      "join",
    );

    expect(step.inputReads).toEqual(inputReads);
    expect(step.inputs).toEqual(["a", "b"]);
  });

  test.each<[string, string, true | readonly string[]]>([
    ["its branches", 'inputs: Inputs<F, "a" | "b">', ["a", "b"]],
    ["its branches on several lines", 'inputs: Inputs<\n F,\n | "a"\n | "b"\n>', ["a", "b"]],
    ["its branches in single quotes", "{ a, b }: Inputs<F, 'b' | 'a'>", ["b", "a"]],
    ["its branches by an alias", "inputs: Inputs<F, Branch>", true],
    ["a type of its own", "inputs: All", true],
  ])("a join that declares %s", async (_, parameter, inputs) => {
    const step = await defineStep(
      `  @step start() { return this.next(this.a, this.b); }
  @step a() { return this.next(this.join); }
  @step b() { return this.next(this.join); }
  /** Brings both together. */
  @step({ retry: 2 }) async join(${parameter}) { return this.next(this.end); }
  @step end() {}
}
type Branch = "a" | "b";
type All = Inputs<F, Branch>;
{`,
      "join",
    );

    expect({ inputs: step.inputs, doc: step.doc, retry: step.retry }).toEqual({
      inputs,
      doc: "Brings both together.",
      retry: { times: 2, interval: 1, backoff: 2 },
    });
  });

  test("a foreach's body takes an item, and its join the inputs of the iterations", async () => {
    const flow = `  x = 0;
  @step start() { return this.foreach([1, 2], this.each); }
  @step each(item: number) { this.x = item; return this.next(this.join); }
  @step join(inputs: ForeachInputs<F>) {
    console.log(inputs.length, inputs[0]?.x, inputs.map((input, i) => input.x + i));
    return this.next(this.end);
  }
  @step end() {}`;

    expect(await defineStep(flow, "each")).not.toHaveProperty("inputs");
    expect(await defineStep(flow, "join")).toMatchObject({ inputs: true, inputReads: ["x"] });
  });
});
