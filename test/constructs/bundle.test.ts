import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { expect, test } from "vitest";
import { assertNode } from "../../constructs/bundle/child.ts";
import { flowOf } from "../../constructs/source.ts";
import type { FlowDefinition } from "../../lib/flow/definition.ts";

function bundlesOf(flow: string): ReadonlyMap<string, string> {
  return flowOf(new Stack(new App(), "Stack"), flow).bundles;
}

const flow = "test/constructs/fixtures/two-dependencies.ts";

test("a step's bundle has what the step uses and nothing that only another step uses", () => {
  const bundles = bundlesOf(flow);
  expect(bundles.get("start")).toContain("used by start");
  expect(bundles.get("start")).not.toContain("used by end");
  expect(bundles.get("end")).toContain("used by end");
  expect(bundles.get("end")).not.toContain("used by start");
});

test("so it is with steps of a class that the flow extends, in another file", () => {
  const bundles = bundlesOf("test/constructs/fixtures/derived.ts");
  expect(bundles.get("end")).toContain("used by end");
  expect(bundles.get("end")).not.toContain("used by start");
  expect(bundles.get("extra")).not.toMatch(/used by (start|end)/);
});

test("a step that does nothing is a bundle of at most 100 KB", () => {
  expect(Buffer.byteLength(bundlesOf("test/constructs/fixtures/derived.ts").get("extra") ?? "")).toBeLessThan(100_000);
});

test("the same source gives the same bundle", () => {
  expect(bundlesOf(flow)).toEqual(bundlesOf(flow));
});

test("a bundle does not tell where the project stands", () => {
  for (const bundle of bundlesOf(flow).values()) expect(bundle).not.toContain(process.cwd());
});

test("a bundle is a module with a handler", () => {
  const file = join(mkdtempSync(join(tmpdir(), "bundle-")), "index.mjs");
  writeFileSync(file, bundlesOf(flow).get("start") ?? "");
  const script = `import(${JSON.stringify(file)}).then(({ handler }) => console.log(typeof handler))`;
  const env = { ...process.env, MILLRACE_TABLE: "table", MILLRACE_BUCKET: "bucket" };
  expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8", env })).toBe("function\n");
});

test("a failure's stack names the lines that the user wrote", () => {
  const [, map] = /sourceMappingURL=data:application\/json;base64,(.*)/.exec(bundlesOf(flow).get("end") ?? "") ?? [];
  const { sources } = JSON.parse(Buffer.from(map ?? "", "base64").toString());
  expect(sources).toContain("two-dependencies.ts");
});

test("an import that is not to be found is an error with the file and the line", () => {
  expect(() => bundlesOf("test/constructs/fixtures/missing-import.yaml")).toThrow(
    /missing-import\.ts:2:\d+: Could not resolve "\.\/nowhere\.ts"/,
  );
});

test("a definition that was written by hand is checked as a file is", () => {
  const deployed = (definition: unknown) => () => flowOf(new Stack(new App(), "Stack"), definition as FlowDefinition);
  expect(deployed(5)).toThrow("The flow must be a mapping; received 5.");
  expect(deployed({ version: 1, name: "A" })).toThrow("steps is missing: it must be a mapping of names.");
  const start = { body: { kind: "method" }, reads: [], writes: [], transitions: [{ kind: "next", steps: ["fit"] }] };
  const graph = { version: 1, name: "A", parameters: {}, artifacts: [], initialized: [], steps: { start } };
  expect(deployed(graph)).toThrow("start goes to fit, which is no step of A.");
});

test("an app on a Node that cannot bundle is told which one can", () => {
  for (const version of ["20.19.5", "22.17.1"]) {
    expect(() => assertNode(version)).toThrow(`millrace needs Node 22.18 or later; this is v${version}.`);
  }
  for (const version of ["22.18.0", "24.0.0"]) expect(() => assertNode(version)).not.toThrow();
});
