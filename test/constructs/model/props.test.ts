import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { ModelEndpoint, ModelFunction, ModelImage } from "../../../constructs/index.ts";

describe("in JavaScript, what a construct serves may be missing:", () => {
  const stack = () => new Stack(new App(), "Stack");

  test.each([ModelEndpoint, ModelFunction, ModelImage])("%o without props", (Model) => {
    expect(() => new Model(stack(), "Iris", undefined as never)).toThrow(
      expect.objectContaining({
        code: "DEPLOY",
        message: `The ${Model.name} Stack/Iris has no props; received undefined.`,
        fix: `Say what it serves: new ${Model.name}(stack, "Iris", { source: "service.ts" }).`,
      }),
    );
  });

  test.each([undefined, 3, { models: {} }])("a source that is none: %j", (source) => {
    expect(() => new ModelFunction(stack(), "Iris", { source: source as never })).toThrow(
      expect.objectContaining({
        code: "DEPLOY",
        message: `The source of Stack/Iris is a path, or an object with service; received ${JSON.stringify(source)}.`,
        fix: 'Give "service.ts", or { service: "service.ts", models: { model: "iris:production" } }.',
      }),
    );
  });
});

/** The members of an interface, with those that it extends, in the order of the file. */
function membersOf(name: string): string[] {
  const folder = join(import.meta.dirname, "../../../constructs/model");
  const sources = globSync("*.ts", { cwd: folder }).map((file) => readFileSync(join(folder, file), "utf8"));
  const declaration = new RegExp(`^export interface ${name}(?: extends (\\w+))? \\{\\n(.*?)^\\}`, "ms");
  const [, parent, body = ""] = sources.map((source) => declaration.exec(source)).find((match) => match !== null) ?? [];
  const own = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member = ""]) => member);
  return [...own, ...(parent === undefined ? [] : membersOf(parent))];
}

test.each([
  ["ModelEndpoint", "ModelEndpointProps"],
  ["ModelFunction", "ModelFunctionProps"],
  ["variants", "ModelVariant"],
  ["autoscaling", "EndpointScaling"],
  ["serverless", "ServerlessProps"],
  ["asynchronous", "AsynchronousProps"],
  ["deployment", "EndpointDeployment"],
  ["dataCapture", "DataCapture"],
])("docs/endpoints.md has every option of %s", (heading, type) => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/endpoints.md"), "utf8");
  const start = page.indexOf(`| \`${heading}\` | type |`);
  const [table = ""] = page.slice(Math.max(start, 0)).split("\n\n");
  const [, , ...rows] = table.split("\n");
  const described = rows.flatMap((row) =>
    [...(row.split(" | ")[0] ?? "").matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
  const members = membersOf(type);
  expect(members.length).toBeGreaterThan(0);
  expect(described.sort()).toEqual(members.sort());
});
