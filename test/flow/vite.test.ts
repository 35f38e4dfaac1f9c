import { SourceMap } from "node:module";
import { describe, expect, test } from "vitest";
import { millrace } from "../../lib/flow/vite.ts";

const flow = `import { step } from "data:text/javascript,export const step = (method, context) => { steps.push(context.name); }";
export class Tiny {
  size: number = 1;
  @step start() {
    return this.size;
  }
  @step async end(): Promise<void> {}
}
`;

describe("the Vite plugin", () => {
  const plugin = millrace();

  test("lowers standard decorators, so that they run", async () => {
    const lowered = await plugin.transform(flow, "/app/tiny.ts");
    const steps: string[] = [];
    Object.assign(globalThis, { steps });

    const { Tiny } = await import(`data:text/javascript,${encodeURIComponent(lowered?.code ?? "")}`);

    expect(steps).toEqual(["start", "end"]);
    expect(new Tiny().start()).toBe(1);
    expect(Tiny.name).toBe("Tiny");
  });

  test("gives a source map to the original lines", async () => {
    const lowered = await plugin.transform(flow, "/app/tiny.ts?v=1");
    const line = lowered?.code.split("\n").findIndex((text) => text.includes("return this.size")) ?? -1;

    const origin = new SourceMap(JSON.parse(lowered?.map ?? "{}")).findEntry(line, 4);

    expect(origin).toMatchObject({ originalLine: 4, originalSource: expect.stringMatching(/tiny\.ts$/) });
  });

  test.each([
    ["without a step", 'import { x } from "./x.ts"; @sealed class A {}', "/app/a.ts"],
    ["of a package", flow, "/app/node_modules/flows/tiny.js"],
    ["that is no script", flow, "/app/tiny.css"],
  ])("leaves a file %s alone", async (_, code, id) => {
    expect(await plugin.transform(code, id)).toBeUndefined();
  });
});
