import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A flow with one more member, or another `end`. */
function flowWith(member: string): string {
  return `
    import { FlowSpec, parameter, step, type Inputs, type ForeachInputs } from "millrace";
    export class Train extends FlowSpec {
      readonly alpha = parameter.number({ default: 0.5 });
      rows = ["a"];
      loss = 1;
      @step start() { return this.foreach(this.rows, this.fit); }
      @step fit(row: string) { return row === "" ? this.next(this.fit2) : this.next(this.join); }
      @step fit2() { return this.next(this.join); }
      @step join(inputs: ForeachInputs<Train>) { this.loss = inputs.length; return this.next(this.end); }
      ${member.includes(" end() {") ? "" : "@step end() {}"}
      ${member}
    }`;
}

/** What the compiler says of each source, without the position. All are compiled at once: that takes as long as one. */
async function compile(sources: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-types-"));
  try {
    const compilerOptions = {
      paths: { millrace: [join(root, "lib/index.ts")] },
      typeRoots: [join(root, "node_modules/@types")],
    };
    const config = { extends: join(root, "tsconfig.json"), compilerOptions, include: ["*.ts"] };
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    await Promise.all(sources.map((source, index) => writeFile(join(folder, `flow${index}.ts`), source)));
    const output = await tsc(folder);
    return sources.map((_, index) => messagesOf(output, `flow${index}.ts`));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function tsc(folder: string): Promise<string> {
  const parameters = ["-p", folder, "--pretty", "false"];
  return new Promise((resolve) => {
    execFile(join(root, "node_modules/.bin/tsc"), parameters, { cwd: folder }, (_, stdout) => resolve(stdout));
  });
}

/** The lines from one that names the file up to one that names another. */
function messagesOf(output: string, file: string): string {
  const messages = output.split(/^(?=\S)/m).filter((message) => message.startsWith(`${file}(`));
  return messages
    .map((message) => message.replace(/^.*?: error /, ""))
    .join("")
    .trim();
}

const cases: readonly (readonly [string, string, string])[] = [
  ["no mistake", "", ""],
  [
    "an unknown step",
    "@step a() { return this.next(this.nope); }",
    "TS2339: Property 'nope' does not exist on type 'Train'.",
  ],
  [
    "a forgotten return",
    "@step a() { this.next(this.end); }",
    `TS1241: Unable to resolve signature of method decorator when called as an expression.
  No overload matches this call.
    The last overload gave the following error.
      Argument of type '() => void' is not assignable to parameter of type '((this: Train) => void) & "The step a must return its transition: return this.next(…) or return this.foreach(…)."'.
        Type '() => void' is not assignable to type '"The step a must return its transition: return this.next(…) or return this.foreach(…)."'.`,
  ],
  [
    "a forgotten return, with options",
    "@step({ retry: 3 }) a() { this.next(this.end); }",
    `TS1241: Unable to resolve signature of method decorator when called as an expression.
  Argument of type '() => void' is not assignable to parameter of type '((this: Train) => void) & "The step a must return its transition: return this.next(…) or return this.foreach(…)."'.
    Type '() => void' is not assignable to type '"The step a must return its transition: return this.next(…) or return this.foreach(…)."'.`,
  ],
  [
    "a value in place of a transition",
    "@step a() { return 3; }",
    `TS1241: Unable to resolve signature of method decorator when called as an expression.
  No overload matches this call.
    The last overload gave the following error.
      Argument of type '() => number' is not assignable to parameter of type '((this: Train) => number) & "The step a must return its transition: return this.next(…) or return this.foreach(…)."'.
        Type '() => number' is not assignable to type '"The step a must return its transition: return this.next(…) or return this.foreach(…)."'.`,
  ],
  [
    "an end that goes on",
    "@step end() { return this.next(this.start); }",
    `TS1241: Unable to resolve signature of method decorator when called as an expression.
  No overload matches this call.
    The last overload gave the following error.
      Argument of type '() => Transition' is not assignable to parameter of type '((this: Train) => Transition) & "The step end goes nowhere: it returns nothing."'.
        Type '() => Transition' is not assignable to type '"The step end goes nowhere: it returns nothing."'.`,
  ],
  [
    "a body as a plain target",
    "@step a() { return this.next(this.fit); }",
    `TS2345: Argument of type '(row: string) => Transition' is not assignable to parameter of type '((row: string) => void) & "This step takes an item: it is the body of a foreach. Write this.foreach(items, step)."'.
  Type '(row: string) => Transition' is not assignable to type '"This step takes an item: it is the body of a foreach. Write this.foreach(items, step)."'.`,
  ],
  [
    "a foreach over what is no array",
    "@step a() { return this.foreach(this.loss, this.fit); }",
    "TS2345: Argument of type 'number' is not assignable to parameter of type 'Items'.",
  ],
  [
    "a body of another item",
    "@step a() { return this.foreach([1], this.fit); }",
    `TS2345: Argument of type '(row: string) => Transition' is not assignable to parameter of type '(item: number) => void'.
  Types of parameters 'row' and 'item' are incompatible.
    Type 'number' is not assignable to type 'string'.`,
  ],
  [
    "an unknown artifact of an input",
    `@step a(inputs: Inputs<Train, "fit">) { this.loss = inputs.fit.nope; return this.next(this.end); }`,
    "TS2339: Property 'nope' does not exist on type 'Input<Train>'.",
  ],
  [
    "an unknown artifact of an iteration",
    "@step a(inputs: ForeachInputs<Train>) { this.loss = inputs.map((input) => input.nope).length; return this.next(this.end); }",
    "TS2339: Property 'nope' does not exist on type 'Input<Train>'.",
  ],
  [
    "an unknown branch",
    `@step a(inputs: Inputs<Train, "nope">) { return this.next(this.end); }`,
    `TS2344: Type '"nope"' does not satisfy the constraint 'keyof Train'.`,
  ],
  [
    "a write to a parameter",
    "@step a() { this.alpha = 1; return this.next(this.end); }",
    "TS2540: Cannot assign to 'alpha' because it is a read-only property.",
  ],
  [
    "an unknown option",
    "@step({ retries: 3 }) a() { return this.next(this.end); }",
    "TS2353: Object literal may only specify known properties, and 'retries' does not exist in type 'StepOptions'.",
  ],
  [
    "an option of another kind",
    `@step({ compute: { kind: "lambda", vcpu: 2 } }) a() { return this.next(this.end); }`,
    "TS2353: Object literal may only specify known properties, and 'vcpu' does not exist in type 'LambdaCompute'.",
  ],
];

test("the compiler names each mistake in the words of a flow", async () => {
  const messages = await compile(cases.map(([, member]) => flowWith(member)));
  expect(messages.map((message, index) => [cases[index]?.[0], message])).toEqual(
    cases.map(([mistake, , message]) => [mistake, message]),
  );
});
