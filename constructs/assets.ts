import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code } from "aws-cdk-lib/aws-lambda";
import { type Runtime, runtimeFile } from "./runtime.ts";

/** Files by name. */
export type Files = Readonly<Record<string, string>>;

/** A function's code; its asset's hash depends on the files alone. */
export function codeOf(files: Files): Code {
  return Code.fromAsset(writeFiles(files));
}

/** The code of a function that is complete as it was built, named `<runtime>.mjs` there. */
export function runtimeCode(name: Runtime, more: Files = {}): Code {
  return codeOf({ [`${name}.mjs`]: readFileSync(runtimeFile(name), "utf8"), ...more });
}

/** Writes the files to a folder that lives until CDK has copied it, which it does while the process runs. */
export function writeFiles(files: Files): string {
  const folder = mkdtempSync(join(scratchFolder(), "asset-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

let scratch: string | undefined;

/** Lives while the process runs. */
export function scratchFolder(): string {
  if (scratch === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "millrace-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    scratch = folder;
  }
  return scratch;
}
