import { build } from "esbuild";
import { expect, test } from "vitest";
import { optionsUnread } from "../../scripts/build/for-lambda.ts";

/** A flow whose step has an option, as it is bundled for AWS, and what it says of a step whose option is wrong. */
async function bundled(plugins: readonly (typeof optionsUnread)[]) {
  const { outputFiles } = await build({
    stdin: { contents: 'export { step } from "./lib/flow/spec/step.ts";', resolveDir: process.cwd(), loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
    plugins: [...plugins],
  });
  const code = outputFiles[0]?.text ?? "";
  const { step } = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  const context = { kind: "method", name: "fit", static: false, private: false };
  return { size: code.length, decorate: () => step({ timeout: "5 parsecs" })(() => {}, context) };
}

test("on AWS the options of a step are not read again", async () => {
  const [whole, unread] = await Promise.all([bundled([]), bundled([optionsUnread])]);

  expect(whole.decorate).toThrow('The step fit: "5 parsecs" is not a duration');
  expect(unread.decorate).not.toThrow();
  expect(unread.size).toBeLessThan(whole.size / 2);
});
