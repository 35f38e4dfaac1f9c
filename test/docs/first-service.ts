import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const project = join(import.meta.dirname, "../..");

/** A project of ES modules with the files whose names docs/models.md gives, in one of its two languages; the folder. */
export function firstService(language: "ts" | "python"): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-first-")));
  mkdirSync(join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  symlinkSync(project, join(folder, "node_modules/millrace"));
  symlinkSync(join(project, "node_modules/zod"), join(folder, "node_modules/zod"));
  const page = readFileSync(join(project, "docs/models.md"), "utf8");
  const named = new RegExp(`^\`\`\`${language}\n((?://|#) (\\w+\\.\\w+)\n.*?)^\`\`\`$`, "gms");
  for (const [, block = "", name = ""] of page.matchAll(named)) writeFileSync(join(folder, name), block);
  return folder;
}

/** What a program prints, with the folder as the page has it. */
export async function printed(folder: string, program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  const { stdout } = await promisify(execFile)(program, args, {
    cwd: folder,
    env: { ...process.env, PATH: path, ...env },
  });
  return stdout.replaceAll(folder, "/home/me/project");
}
