import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { checkFlow } from "../../lib/flow/check/check.ts";
import type { FlowCheckError } from "../../lib/flow/check/problem.ts";
import type { FlowDefinition } from "../../lib/flow/definition.ts";
import { definitionSchema } from "../../lib/flow/file/definition-schema.ts";
import { readFlowFile } from "../../lib/flow/file/read.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-file-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string, name = "flow.yaml"): Promise<FlowDefinition> {
  const path = join(folder, name);
  await writeFile(path, text);
  return readFlowFile(path);
}

/** The problems of a file as `line: message fix`. */
async function problemsOf(text: string, name = "flow.yaml"): Promise<readonly string[]> {
  const error: unknown = await read(text, name).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "FLOW_CHECK" });
  const { problems } = error as FlowCheckError;
  for (const { at } of problems) expect(at?.file).toBe(relative(process.cwd(), join(folder, name)));
  return problems.map(({ at, message, fix }) => `${at?.line}: ${message} ${fix}`);
}

const train = `name: Train
doc: Trains on rows.
parameters:
  alpha: { type: number, default: 0.5, min: 0, max: 1, help: the learning rate }
artifacts: [rows, model, loss]
steps:
  start:
    handler: steps.ts#load
    doc: Loads the rows.
    writes: [rows]
    next: [left, right]
  left: { handler: steps.ts#left, next: join }
  right:
    command: [python, train.py, --fast]
    image: python:3.13-slim
    compute: { kind: batch, vcpu: 4, memory: 8 GiB }
    retry: { times: 3, interval: 10 s }
    timeout: 5 min
    reads: [rows, alpha]
    writes: [model]
    next: join
  join:
    handler: steps.ts#join
    inputs: [left, right]
    next: spread
  spread:
    handler: steps.ts#spread
    foreach: { items: rows, body: fit, maxConcurrency: 5, max: 100, batch: 10, tolerate: 0.1 }
  fit: { handler: steps.ts#fit, isolate: process, next: choose }
  choose:
    handler: steps.ts#choose
    inputs: true
    transitions:
      - next: spread
      - next: end
  end: { handler: steps.ts#report, compute: { kind: lambda, memory: 1 GiB }, retry: 2 }
`;

describe("a flow's file", () => {
  test("is the definition that it stands for, with its lines", async () => {
    const file = relative(process.cwd(), join(folder, "flow.yaml"));
    const next = (line: number, ...steps: string[]) => ({ kind: "next", steps, line });
    const step = (line: number, handler: string) => ({
      body: { kind: "handler", handler },
      reads: "all",
      writes: [],
      file,
      line,
    });
    expect(await read(train)).toEqual({
      version: 1,
      name: "Train",
      doc: "Trains on rows.",
      file,
      parameters: { alpha: { type: "number", default: 0.5, min: 0, max: 1, help: "the learning rate", line: 4 } },
      artifacts: ["rows", "model", "loss"],
      initialized: [],
      steps: {
        start: {
          ...step(7, "steps.ts#load"),
          doc: "Loads the rows.",
          writes: ["rows"],
          transitions: [next(11, "left", "right")],
        },
        left: { ...step(12, "steps.ts#left"), transitions: [next(12, "join")] },
        right: {
          body: { kind: "command", command: ["python", "train.py", "--fast"], image: "python:3.13-slim" },
          compute: { kind: "batch", vcpu: 4, memory: 8192 },
          retry: { times: 3, interval: 10, backoff: 2 },
          timeout: 300,
          reads: ["rows", "alpha"],
          writes: ["model"],
          transitions: [next(21, "join")],
          file,
          line: 13,
        },
        join: {
          ...step(22, "steps.ts#join"),
          inputs: ["left", "right"],
          inputReads: "all",
          transitions: [next(25, "spread")],
        },
        spread: {
          ...step(26, "steps.ts#spread"),
          transitions: [
            {
              kind: "foreach",
              body: "fit",
              items: "rows",
              maxConcurrency: 5,
              max: 100,
              batch: 10,
              tolerate: 0.1,
              line: 28,
            },
          ],
        },
        fit: { ...step(29, "steps.ts#fit"), isolate: "process", transitions: [next(29, "choose")] },
        choose: {
          ...step(30, "steps.ts#choose"),
          inputs: true,
          inputReads: "all",
          transitions: [next(34, "spread"), next(35, "end")],
        },
        end: {
          ...step(36, "steps.ts#report"),
          compute: { kind: "lambda", memory: 1024 },
          retry: { times: 2, interval: 1, backoff: 2 },
          transitions: [],
        },
      },
    });
  });

  test("stands for a flow that can run", async () => {
    expect(checkFlow(await read(train))).toEqual([]);
  });

  test("may be the definition itself, in YAML or JSON", async () => {
    const definition = await read(train);
    expect(await read(JSON.stringify(definition, null, "\t"), "flow.json")).toEqual(definition);
    expect(await read(JSON.stringify(definition), "definition.yaml")).toEqual(definition);
  });

  test("may be the short form in JSON", async () => {
    const text = JSON.stringify(
      { name: "F", steps: { start: { handler: "a.ts#a", next: "end" }, end: { handler: "a.ts#b" } } },
      null,
      "\t",
    );
    expect(await read(text, "short.json")).toMatchObject({
      name: "F",
      artifacts: [],
      parameters: {},
      steps: { end: { line: 8 } },
    });
  });

  test("may repeat itself by aliases", async () => {
    const { steps } = await read(`name: F
steps:
  start: { handler: a.ts#a, compute: &big { kind: lambda, memory: 2 GiB }, next: end }
  end: { handler: a.ts#a, compute: *big }
`);
    expect(steps.end?.compute).toEqual({ kind: "lambda", memory: 2048 });
  });

  test("that is not there is named", async () => {
    const path = join(folder, "nothing.yaml");
    await expect(readFlowFile(path)).rejects.toMatchObject({
      code: "FLOW_FILE_UNREADABLE",
      message: expect.stringContaining("ENOENT"),
      at: { file: relative(process.cwd(), path) },
    });
    await expect(readFlowFile(folder)).rejects.toMatchObject({ code: "FLOW_FILE_UNREADABLE" });
  });
});

/** A file whose step `start`, on line 4, has these members. */
const withStart = (members: string) => `name: F
artifacts: [rows, model]
steps:
  start: { ${members} }
  end: { handler: a.ts#a }
`;

describe("a flow's file is refused with line, value and fix", () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["an empty file", "", [`1: The flow must be a mapping; received null. Correct the value.`]],
    ["a list", "- a", [`1: The flow must be a mapping; received ["a"]. Correct the value.`]],
    [
      "nothing of what is needed",
      "doc: x",
      [
        "1: name is missing: it must be text. Write name: Train.",
        "1: steps is missing: it must be a mapping of names. Write steps: { start: { handler: steps.ts#start, next: end }, end: { handler: steps.ts#end } }.",
      ],
    ],
    [
      "a name that is none",
      "name: my flow\nsteps: {}",
      [
        '1: name must be a name of letters, digits, _ and -, beginning with a letter or _; received "my flow". Write name: Train.',
      ],
    ],
    ["an unknown member", "name: F\nstep: {}\nsteps: {}", ['2: The flow has no member "step". Did you mean steps?']],
    [
      "a member of something else",
      "name: F\nsteps: {}\nschedule: daily",
      ['3: The flow has no member "schedule". Remove it.'],
    ],
    [
      "an unknown member of a step",
      withStart("handler: a.ts#a, nxt: end"),
      ['4: steps.start has no member "nxt". Did you mean next?'],
    ],
    [
      "a handler without a function",
      withStart("handler: a.ts, next: end"),
      [
        '4: steps.start.handler must be a file and a function, as file.ts#function; received "a.ts". Write handler: steps.ts#train.',
      ],
    ],
    [
      "a command as one text",
      withStart("command: python a.py, next: end"),
      ['4: steps.start.command must be a list; received "python a.py". Write command: [python, train.py].'],
    ],
    [
      "an empty command",
      withStart("command: [], next: end"),
      ["4: steps.start.command must be a list with an entry; received []. Write command: [python, train.py]."],
    ],
    [
      "no next step's name",
      withStart("handler: a.ts#a, next: 3"),
      [
        "4: steps.start.next must be a step's name, or a list of them for a split; received 3. Write next: train, or next: [left, right] for a split.",
      ],
    ],
    [
      "a foreach without items",
      withStart("handler: a.ts#a, foreach: { body: end }"),
      ["4: steps.start.foreach.items is missing: it must be text. Write foreach: { items: rows, body: train }."],
    ],
    [
      "a share above 1",
      withStart("handler: a.ts#a, foreach: { body: end, items: rows, tolerate: 2 }"),
      ["4: steps.start.foreach.tolerate must be at most 1; received 2. Write foreach: { items: rows, body: train }."],
    ],
    [
      "an unknown artifact",
      withStart("handler: a.ts#a, reads: [row], writes: [modle, loss], next: end"),
      [
        "4: steps.start.reads: there is no artifact row. Did you mean rows? Else add row to artifacts.",
        "4: steps.start.writes: there is no artifact modle. Did you mean model? Else add modle to artifacts.",
        "4: steps.start.writes: there is no artifact loss. Add loss to artifacts.",
      ],
    ],
    [
      "items that are no artifact",
      withStart("handler: a.ts#a, foreach: { body: end, items: xs }"),
      ["4: steps.start.foreach: there is no artifact xs. Add xs to artifacts."],
    ],
    [
      "an option that is none",
      withStart("handler: a.ts#a, timeout: 5, next: end"),
      ["4: steps.start.timeout must be text; received 5. Write timeout: 5 min."],
    ],
    [
      "a unit that is none",
      withStart("handler: a.ts#a, timeout: 5 minutes, next: end"),
      [
        '4: The step start: "5 minutes" is not a duration such as "20 ms", "90 s", "5 min" or "2 h". Write a duration such as "20 ms", "90 s", "5 min" or "2 h".',
      ],
    ],
    [
      "a kind of compute that is none",
      withStart("handler: a.ts#a, compute: { kind: ecs }, next: end"),
      [
        '4: The step start: compute is of the kind "lambda" or "batch"; received "ecs". Let compute be of the kind "lambda" or "batch".',
      ],
    ],
    [
      "a parameter without a type",
      `name: F\nparameters:\n  alpha: { default: 1 }\nsteps: {}`,
      [
        '3: parameters.alpha.type is missing: it must be one of "string", "number", "integer", "boolean", "json". Write parameters: { alpha: { type: number, default: 0.5 } }.',
      ],
    ],
    [
      "a default of another type",
      `name: F\nparameters:\n  alpha: { type: number, default: x }\nsteps: {}`,
      ['3: The default of alpha must be a number; received "x". Correct the declaration of the parameter alpha.'],
    ],
    [
      "a step's name that is none",
      "name: F\nsteps:\n  my step: { handler: a.ts#a }",
      [
        '3: steps.my step must be a name of letters, digits, _ and -, beginning with a letter or _; received "my step". Write steps: { start: { handler: steps.ts#start, next: end }, end: { handler: steps.ts#end } }.',
      ],
    ],
    [
      "a hostile name",
      "name: F\nsteps:\n  __proto__: { handler: a.ts#a }",
      ["3: Nothing can be named __proto__. Choose another name."],
    ],
    [
      "the same step twice",
      "name: F\nsteps:\n  a: {}\n  a: {}",
      ["4: The file is neither YAML nor JSON: Map keys must be unique. Correct the syntax."],
    ],
    [
      "two documents",
      "name: F\n---\nname: G",
      [
        "2: The file is neither YAML nor JSON: Source contains multiple documents; please use YAML.parseAllDocuments(). Correct the syntax.",
      ],
    ],
    [
      "a definition of another version",
      "version: 2\nname: F\nparameters: {}\nartifacts: []\ninitialized: []\nsteps: {}",
      ["1: version must be one of 1; received 2. Write version: 1."],
    ],
    [
      "a definition whose parameter contradicts itself",
      "version: 1\nname: F\nparameters:\n  a: { type: integer, min: 3, max: 2 }\nartifacts: []\ninitialized: []\nsteps: {}",
      ["4: a has no value between 3 and 2. Correct the declaration of the parameter a."],
    ],
    [
      "a definition whose transition is of no kind",
      "version: 1\nname: F\nparameters: {}\nartifacts: []\ninitialized: []\nsteps:\n  start:\n    body: { kind: method }\n    reads: all\n    writes: []\n    transitions:\n      - { kind: goto }",
      [
        '12: steps.start.transitions.0.kind must be one of "next", "foreach"; received "goto". Write transitions: [{ next: train }, { next: end }].',
      ],
    ],
  ];

  test.each(cases)("%s", async (_, text, problems) => {
    expect(await problemsOf(text)).toEqual(problems);
  });

  test.each([
    ["neither a handler nor a command", "next: end", "a step with one of handler, python and command"],
    [
      "both a handler and a command",
      "handler: a.ts#a, command: [a], next: end",
      "a step with one of handler, python and command",
    ],
    ["an image without a command", "handler: a.ts#a, image: x, next: end", "a step whose image belongs to a command"],
    [
      "two ways to go on",
      "handler: a.ts#a, next: end, transitions: [{ next: end }]",
      "a step with one of next, foreach and transitions",
    ],
  ])("%s", async (_, members, expected) => {
    const [problem, ...others] = await problemsOf(withStart(members));
    expect(problem).toContain(`4: steps.start must be ${expected}; received `);
    expect(others).toEqual([]);
  });

  test("broken syntax", async () => {
    const [problem] = await problemsOf("name: F\nsteps: [");
    expect(problem).toMatch(/^2: The file is neither YAML nor JSON: .*Correct the syntax\.$/);
  });

  test("a file of aliases that would fill the memory", async () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(10)}]`,
    );
    const [problem] = await problemsOf(`a0: &a0 [x]\n${levels.join("\n")}`);
    expect(problem).toContain("Excessive alias count");
  });

  test("all that is wrong, at once", async () => {
    expect(
      await problemsOf("name: 3\nsteps:\n  start: { handler: 4, next: end }\n  end: { handlr: a.ts#a }"),
    ).toHaveLength(4);
  });
});

test("the published JSON Schema is the one that files are held to", async () => {
  const published: unknown = JSON.parse(await readFile("lib/flow/flow-definition.schema.json", "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(definitionSchema))));
});
