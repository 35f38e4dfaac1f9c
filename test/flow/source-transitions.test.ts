import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { define, defineStep, faults } from "./flow-folder.ts";

/** A flow whose start has this body, and the steps that it may go to. */
function starting(body: string, members = ""): string {
  return `  x = 0;
  @step async start() {
    ${body}
  }
  @step a() { return this.next(this.end); }
  @step b() { return this.next(this.end); }
  @step each(item: number) { return this.next(this.join); }
  @step join(inputs: ForeachInputs<F>) { return this.next(this.end); }
  ${members}
  @step end() {}`;
}

describe("transitions, as the source shows them", () => {
  test("each with its line, in the order of the source", async () => {
    const { transitions, file, line } = await defineStep(
      starting(`if (this.x > 1) {
      return this.next(this.a);
    }
    switch (this.x) {
      case 1:
        return this.next(this.b);
      default:
        return this.foreach(
          [1, 2],
          this.each,
          { maxConcurrency: 1_0, max: 10 * 100, batch: 2, tolerate: 0.5 },
        );
    }`),
      "start",
    );

    expect(line).toBe(4);
    expect(file).toMatch(/flow\.ts$/);
    expect(transitions).toEqual([
      { kind: "next", steps: ["a"], line: 6 },
      { kind: "next", steps: ["b"], line: 10 },
      { kind: "foreach", body: "each", maxConcurrency: 10, max: 1000, batch: 2, tolerate: 0.5, line: 12 },
    ]);
  });

  test.each([
    ["a condition", "return this.x ? this.next(this.a) : this.next(this.b);", ["a", "b"]],
    [
      "a condition in a condition",
      "return this.x ? (this.x > 1 ? this.next(this.a) : this.next(this.b)) : this.next(this.a);",
      ["a", "b"],
    ],
    ["a logical expression", "return (this.x > 1 && this.next(this.a)) || this.next(this.b);", ["a", "b"]],
    ["a sequence", "return this.x++, this.x ? this.next(this.a) : this.next(this.b);", ["a", "b"]],
    ["an await", "return await (this.x ? this.next(this.a) : this.next(this.b));", ["a", "b"]],
    [
      "a try",
      "try { return this.next(this.a); } catch { return this.next(this.b); } finally { this.x = 1; }",
      ["a", "b"],
    ],
    ["a loop", "for (const y of [1]) if (y) return this.next(this.a);\n return this.next(this.b);", ["a", "b"]],
    ["a member written as a string", 'return this.x ? this["next"](this["a"]) : this.next(this.b);', ["a", "b"]],
    ["a type assertion", "return (this.x ? this.next(this.a) : this.next(this.b)) as never;", ["a", "b"]],
  ])("returned from %s", async (_, body, steps) => {
    const definition = await define(`
  x = 0;
  @step async start() {
    ${body}
  }
  @step a() { return this.next(this.end); }
  @step b() { return this.next(this.end); }
  @step end() {}`);

    expect(definition.steps.start?.transitions.map((t) => (t.kind === "next" ? t.steps[0] : t.body))).toEqual(steps);
  });

  test("the same transition in several places is one", async () => {
    const { transitions } = await defineStep(
      `x = 0; @step start() { if (this.x) return this.next(this.end);\n return this.next(this.end); }\n @step end() {}`,
      "start",
    );

    expect(transitions).toEqual([{ kind: "next", steps: ["end"], line: 3 }]);
  });

  test("every transition of a generated body is found, in its order", async () => {
    const leaf = fc.constantFrom("this.next(this.a)", "this.next(this.b)", "this.foreach([1], this.each)");
    const { statement } = fc.letrec<{ expression: string; statement: string }>((tie) => ({
      expression: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `(this.x > 1 ? ${a} : ${b})`),
        tie("expression").map((a) => `(this.x++, ${a})`),
        tie("expression").map((a) => `await ${a}`),
      ),
      statement: fc.oneof(
        { depthSize: "small" },
        tie("expression").map((value) => `return ${value};`),
        fc.tuple(tie("statement"), tie("statement")).map(([a, b]) => `if (this.x) { ${a} } else { ${b} }`),
        fc.tuple(tie("statement"), tie("statement")).map(([a, b]) => `try { ${a} } catch { ${b} }`),
        fc
          .tuple(tie("statement"), tie("statement"))
          .map(([a, b]) => `switch (this.x) { case 1: { ${a} } default: { ${b} } }`),
        tie("statement").map((a) => `for (const y of [1]) { ${a} }`),
      ),
    }));
    const targets = (text: string) => [...new Set([...text.matchAll(/this\.(a|b|each)\b/g)].map(([, name]) => name))];
    const all = "return this.x ? this.next(this.a) : this.x > 1 ? this.next(this.b) : this.foreach([1], this.each);";

    await fc.assert(
      fc.asyncProperty(statement, async (body) => {
        const { transitions } = await defineStep(starting(`${body}\n${all}`), "start");
        expect(transitions.map((t) => (t.kind === "next" ? t.steps[0] : t.body))).toEqual(targets(body + all));
      }),
      { numRuns: 25 },
    );
  });
});

describe("a transition that the graph could not know of", () => {
  test.each([
    [
      "in a helper",
      starting("return this.go();", "go() { return this.next(this.a); }"),
      [
        "flow.ts:5 TRANSITION_HIDDEN: start returns this.go(), which the source does not show to be a transition. Return this.next(…) or this.foreach(…) itself.",
        "flow.ts:11 TRANSITION_NOT_RETURNED: go writes a transition where no step returns it. Write it in the step itself, where it is returned: return this.next(…) or return this.foreach(…).",
      ],
    ],
    [
      "in a function inside of the step",
      starting("const go = () => this.next(this.a);\n return go();"),
      [
        "flow.ts:6 TRANSITION_HIDDEN: start returns go(), which the source does not show to be a transition. Return this.next(…) or this.foreach(…) itself.",
        "flow.ts:5 TRANSITION_NOT_RETURNED: start writes a transition where no step returns it. Write it in the step itself, where it is returned: return this.next(…) or return this.foreach(…).",
      ],
    ],
    [
      "kept in a variable",
      starting("const to = this.next(this.a);\n return to;"),
      [
        "flow.ts:6 TRANSITION_HIDDEN: start returns to, which the source does not show to be a transition. Return this.next(…) or this.foreach(…) itself.",
        "flow.ts:5 TRANSITION_NOT_RETURNED: start writes a transition where no step returns it. Write it in the step itself, where it is returned: return this.next(…) or return this.foreach(…).",
      ],
    ],
    [
      "through an alias of next",
      starting("const go = this.next;\n return this.next(this.a);"),
      [
        "flow.ts:5 TRANSITION_ALIAS: start uses a transition under another name. Call it as it is, where it is returned: return this.next(…) or return this.foreach(…).",
      ],
    ],
    [
      "through a destructured next",
      starting("const { next } = this;\n return this.next(this.a);"),
      [
        "flow.ts:5 TRANSITION_ALIAS: start uses a transition under another name. Call it as it is, where it is returned: return this.next(…) or return this.foreach(…).",
      ],
    ],
    [
      "through an alias of this",
      starting("const self = this;\n return this.x ? self.next(this.a) : this.next(this.b);"),
      [
        "flow.ts:6 TRANSITION_HIDDEN: start returns self.next(this.a), which the source does not show to be a transition. Return this.next(…) or this.foreach(…) itself.",
        "flow.ts:6 TRANSITION_ALIAS: start uses a transition under another name. Call it as it is, where it is returned: return this.next(…) or return this.foreach(…).",
      ],
    ],
    [
      "by call",
      starting("return this.next.call(this, this.a);"),
      [
        "flow.ts:5 TRANSITION_HIDDEN: start returns this.next.call(this, this.a), which the source does not show to be a transition. Return this.next(…) or this.foreach(…) itself.",
        "flow.ts:5 TRANSITION_ALIAS: start uses a transition under another name. Call it as it is, where it is returned: return this.next(…) or return this.foreach(…).",
      ],
    ],
    [
      "to a step that is chosen in its argument",
      starting("return this.next(this.x ? this.a : this.b);"),
      [
        "flow.ts:5 TARGET: start goes to this.x ? this.a : this.b, which the source does not show to be a step. Name the step as a member of this, this.next(this.train), and let a choice be several transitions.",
      ],
    ],
    [
      "to what a list holds",
      starting("const steps = [this.a, this.b] as const;\n return this.next(...steps);"),
      [
        "flow.ts:6 TARGET: start goes to ...steps, which the source does not show to be a step. Name the step as a member of this, this.next(this.train), and let a choice be several transitions.",
      ],
    ],
  ])("%s is refused with its line", async (_, body, expected) => {
    expect(await faults(body)).toEqual(expected);
  });

  test.each([
    ["a variable", "{ max: this.x }", "with the option max: this.x, which is no number literal"],
    ["another object", "options", "with the options options, which are no object literal"],
    ["a spread", "{ ...options }", "with the option ...options, which is no literal"],
    ["an unknown name", "{ parallel: 3 }", "with the unknown option parallel"],
  ])("a foreach whose options are %s is refused", async (_, options, what) => {
    expect(
      await faults(starting(`const options = { max: 1 } as never;\n return this.foreach([1], this.each, ${options});`)),
    ).toEqual([
      `flow.ts:6 FOREACH_OPTIONS: start has a foreach ${what}. Write its options as literals: { maxConcurrency: 40, max: 1000, batch: 10, tolerate: 0.1 }.`,
    ]);
  });

  test.each([
    ["a step", starting("this.a();\n return this.next(this.a);"), "flow.ts:5 STEP_CALL: start calls the step a."],
    [
      "an alias of this",
      starting("const self = this; self.a();\n return this.next(this.a);"),
      "flow.ts:5 STEP_CALL: start calls the step a.",
    ],
    [
      "a helper",
      starting("this.help();\n return this.next(this.a);", "help() { this.a(); }"),
      "flow.ts:12 STEP_CALL: help calls the step a.",
    ],
  ])("a step that is called, by %s, is refused", async (_, body, fault) => {
    expect(await faults(body)).toEqual([
      `${fault} Go there by return this.next(this.a), or move what both need to a method without @step.`,
    ]);
  });
});
