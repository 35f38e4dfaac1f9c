// The project's figures, as JSON on standard output. Times are medians of whole commands, taken in turn, with their ratio to `node -e 0` of the
// same run: the machine is noisy, the ratio is not.
//
//   npm run bench                         all of them
//   npm run bench -- --only command,size  groups of them
import { parseArgs } from "node:util";
import { command } from "./bench/command.ts";
import { compile } from "./bench/compile.ts";
import type { Figure } from "./bench/figure.ts";
import { protocol } from "./bench/protocol.ts";
import { python } from "./bench/python.ts";
import { runtime } from "./bench/runtime.ts";
import { serve } from "./bench/serve.ts";

const groups: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  command,
  compile,
  runtime,
  python,
  protocol,
  serve,
};

const { values } = parseArgs({ options: { only: { type: "string", default: Object.keys(groups).join(",") } } });
const figures: Figure[] = [];
for (const name of values.only.split(",")) {
  const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (group === undefined) {
    console.error(`There is no group ${name}; there are ${Object.keys(groups).join(", ")}.`);
    process.exit(2);
  }
  console.error(`${name} …`);
  figures.push(...(await group()));
}
console.log(JSON.stringify({ node: process.version, figures }, null, 2));
