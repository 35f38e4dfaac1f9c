import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Folder } from "./command.ts";

let folder: Folder;
beforeAll(async () => {
  folder = new Folder("branch.ts", "each.ts", "fail.ts", "values.ts");
  for (const flow of ["branch.ts", "each.ts", "values.ts"]) await folder.out("run", flow);
  await folder.millrace("run", "fail.ts");
});
afterAll(() => folder.remove());

/** What `--json` prints, a document a line. */
async function lines(...args: readonly string[]): Promise<unknown[]> {
  const out = await folder.out(...args, "--json");
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const number = (value: number) => ({
  type: "number",
  codec: "json",
  size: String(value).length,
  hash: expect.any(String),
  value,
});

describe("check", () => {
  test("tells the flow's name and its steps", async () => {
    expect(await folder.out("check", "branch.ts")).toBe("✓ BranchFlow: 5 steps, no faults\n");
    expect(await folder.json("check", "branch.ts")).toEqual({
      flow: "BranchFlow",
      steps: ["start", "a", "b", "join", "end"],
    });
  });
});

describe("show", () => {
  test("tells parameters and steps", async () => {
    expect(await folder.out("show", "branch.ts")).toBe(`\
BranchFlow  branch.ts
Two branches and a join.

parameter	type	default	values	help
scale	number	1		what each branch is multiplied by
loud	boolean	false		
tag	string	"none"	"none", "some"	

step	then	reads	sets	runs on	doc
start	a + b			Lambda	
a	join		x	Lambda	The first.
b	join		x	Batch 2 vCPU 4096 MiB, retry 2, timeout 60 s	
join	end	total		Lambda	
end				Lambda	
`);
  });

  test("with --json gives the definition, as graph does", async () => {
    const definition = await folder.json("show", "branch.ts");
    expect(definition).toMatchObject({ version: 1, name: "BranchFlow" });
    expect(JSON.parse(await folder.out("graph", "branch.ts", "--format", "json"))).toEqual(definition);
  });
});

describe("graph", () => {
  test("is a Mermaid picture unless told", async () => {
    const picture = `\
flowchart TD
  s0(["start"])
  s1[["body"]]
  s2{{"join"}}
  s3(["end"])
  s0 -->|each| s1
  s1 --> s2
  s2 --> s3
`;
    expect(await folder.out("graph", "each.ts")).toBe(picture);
    expect(await folder.json("graph", "each.ts")).toEqual({ flow: "EachFlow", format: "mermaid", text: picture });
  });

  test("is a state machine that has a state for each step", async () => {
    const machine = JSON.parse(await folder.out("graph", "branch.ts", "--format", "asl"));
    expect(machine).toMatchObject({ QueryLanguage: "JSONata", Comment: "Two branches and a join." });
    const text = JSON.stringify(machine);
    for (const step of ["start", "a", "b", "join", "end"]) expect(text).toContain(`"${step}":{"Type":"Task"`);
  });
});

describe("list", () => {
  test("tells each flow's latest run", async () => {
    expect(await folder.out("list")).toBe(`\
flow	run	status	started	took	tags
BranchFlow	RUN	succeeded	TIME	N s	
EachFlow	RUN	succeeded	TIME	N s	
FailFlow	RUN	failed	TIME	N s	
ValuesFlow	RUN	succeeded	TIME	N s	
`);
  });

  test("tells a flow's runs, newest first, with --json as their records", async () => {
    await folder.out("run", "each.ts", "--items", "0", "--tag", "b", "--tag", "a", "--tag", "b");
    const record = {
      flow: "EachFlow",
      run: "RUN",
      status: "succeeded",
      startedAt: "TIME",
      endedAt: "TIME",
      parameters: { items: 0, seconds: 0 },
      tags: ["a", "b"],
      steps: ["start", "body", "join", "end"],
      owner: {},
    };
    expect(await folder.json("list", "EachFlow", "--limit", "1")).toEqual([record]);
    expect(await folder.json("list", "EachFlow")).toEqual([
      record,
      { ...record, parameters: { items: 3, seconds: 0 }, tags: [] },
    ]);
    expect(await folder.json("list", "EachFlow", "--tag", "a")).toEqual([record]);
    expect(await folder.json("list", "EachFlow", "--tag", "none")).toEqual([]);
  });
});

describe("logs", () => {
  test("of a run: each line behind its task, on the stream that it was written to", async () => {
    expect(await folder.millrace("logs", "BranchFlow/latest")).toEqual({
      code: 0,
      stdout: "join/0 total is 3\n",
      stderr: "join/0 tag is none\n",
    });
  });

  test("of a step's tasks in the order of iterations", async () => {
    await folder.out("run", "each.ts", "--items", "12");
    const expected = Array.from({ length: 12 }, (_, index) => `body/${index} item ${index}\n`);
    expect(await folder.out("logs", "EachFlow/latest/body")).toBe(expected.join(""));
  });

  test("of a task: the lines alone, of the last attempt unless told", async () => {
    expect(await folder.out("logs", "FailFlow/latest/middle/0")).toBe("attempt 1\n");
    expect(await folder.out("logs", "FailFlow/latest/middle/0", "--attempt", "0")).toBe("attempt 0\n");
    expect(await lines("logs", "FailFlow/latest")).toEqual([
      { step: "middle", task: "0", attempt: 1, time: "TIME", stream: "stdout", text: "attempt 1" },
    ]);
  });
});

describe("dump", () => {
  test("of a run: what its end left", async () => {
    expect(await folder.out("dump", "BranchFlow/latest")).toBe(`\
task	artifact	type	bytes	value
end/0	loud	boolean	5	false
end/0	scale	number	1	1
end/0	tag	string	6	'none'
end/0	total	number	1	3
`);
    expect(await folder.json("dump", "BranchFlow/latest")).toMatchObject({
      task: "BranchFlow/RUN/end/0",
      status: "succeeded",
      artifacts: { scale: number(1), total: number(3) },
    });
  });

  test("of a run that failed: what the last task that succeeded left", async () => {
    expect(await folder.out("dump", "FailFlow/latest")).toBe(
      "task\tartifact\ttype\tbytes\tvalue\nstart/0\tkept\tstring\t5\t'yes'\n",
    );
  });

  test("of a step: each of its tasks", async () => {
    await folder.out("run", "each.ts", "--items", "2");
    expect(await folder.json("dump", "EachFlow/latest/body")).toMatchObject([
      { task: "EachFlow/RUN/body/0", artifacts: { item: number(0) } },
      { task: "EachFlow/RUN/body/1", artifacts: { item: number(1) } },
    ]);
    expect(await folder.json("dump", "EachFlow/latest/body", "--artifact", "item")).toEqual([0, 1]);
    expect(await folder.out("dump", "EachFlow/latest/body", "--artifact", "item")).toBe("0\n1\n");
  });

  test.each([
    ["big", "18446744073709551616n\n", "18446744073709551616"],
    ["bytes", "raw bytes\n", [114, 97, 119, 32, 98, 121, 116, 101, 115, 10]],
    ["config", "{}\n", {}],
    ["map", "Map(1) { 'a' => Set(2) { 1, 2 } }\n", [["a", [1, 2]]]],
    ["nothing", "undefined\n", null],
    ["report", "<h1>Report</h1>\n", { name: "report.html", type: "text/html" }],
    [
      "table",
      "name\tn\na\t1n\nb\t2n\n",
      [
        { name: "a", n: "1" },
        { name: "b", n: "2" },
      ],
    ],
    ["text", "one\ttwo\nthree \u001b[31m\n", "one\ttwo\nthree \u001b[31m"],
    ["vector", "Float64Array(2) [ 0.5, NaN ]\n", [0.5, null]],
  ])("of the artifact %s: its value", async (name, text, json) => {
    expect(await folder.out("dump", "ValuesFlow/latest", "--artifact", name)).toBe(text);
    expect(await folder.json("dump", "ValuesFlow/latest", "--artifact", name)).toEqual(json);
  });

  test("keeps every artifact on one line, whatever it holds", async () => {
    expect(await folder.out("dump", "ValuesFlow/latest")).toBe(`\
task	artifact	type	bytes	value
end/0	big	bigint	49	18446744073709551616n
end/0	bytes	Uint8Array(10)	10	
end/0	config	Object	2	{}
end/0	map	Map(1)	61	Map(1) { 'a' => Set(2) { 1, 2 } }
end/0	nothing	undefined	21	undefined
end/0	report	File(report.html)	58	
end/0	socket	boolean	5	false
end/0	table	Table(2×2)	730	
end/0	text	string	28	'one\\ttwo\\nthree \\x1B[31m'
end/0	vector	Float64Array(2)	144	
`);
  });
});
