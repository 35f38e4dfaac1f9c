import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { builtins } from "../../scripts/build/builtins.ts";

/** A module as the build writes it. */
async function built(source: string): Promise<string> {
  const bundle = await rolldown({
    input: "entry",
    external: /^node:/,
    plugins: [{ name: "entry", resolveId: (id) => (id === "entry" ? "\0entry" : null), load: () => source }, builtins],
  });
  const { output } = await bundle.generate({ format: "esm", comments: false });
  return output[0].code;
}

test("modules of Node's are got where they are imported", async () => {
  const code = await built(`
    import "node:net";
    import fs, { readFile, stat as look } from "node:fs";
    import * as os from "node:os";
    import path from "node:path";
    console.log(fs, readFile, look, os.cpus(), path);`);
  expect(code.split("\n").filter((line) => !line.startsWith("//"))).toEqual([
    'process.getBuiltinModule("node:net");',
    'const fs = process.getBuiltinModule("node:fs"), { readFile, stat } = process.getBuiltinModule("node:fs");',
    'const os = process.getBuiltinModule("node:os");',
    'const path = process.getBuiltinModule("node:path");',
    "console.log(fs, readFile, stat, os.cpus(), path);",
    "",
  ]);
});

test("what only looks like an import stays as it is, and so does what is exported again", async () => {
  const code = await built(`
    export { join } from "node:path";
    export const template = \`
import module from "node:module";
\`;`);
  expect(code).toContain('\nimport module from "node:module";\n');
});
