import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const scratch: string = mkdtempSync(join(tmpdir(), "millrace-bench-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

/** The command, as a checkout has it. */
export const millrace: readonly string[] = [process.execPath, join(import.meta.dirname, "../../bin/millrace.js")];

/** Runs a command to its end. Seconds of wall-clock time. @throws Error with what it printed, where it fails. */
export async function time(command: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<number> {
  const begin = performance.now();
  await output(command, environment);
  return (performance.now() - begin) / 1000;
}

/** Runs a command to its end. What it printed. @throws Error with that, where it fails. */
export function output(command: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: scratch,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [printed, complaints] = ["", ""];
    child.stdout.on("data", (chunk) => (printed += chunk));
    child.stderr.on("data", (chunk) => (complaints += chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve(printed)
        : reject(new Error(`${command.join(" ")} ended with ${code}:\n${printed}${complaints}`)),
    );
  });
}

/** The most memory that a Node command held, in MB, its worker threads included. */
export async function peakMemory(command: readonly string[]): Promise<number> {
  const [hook, figure] = [join(scratch, "memory.mjs"), join(scratch, "memory.txt")];
  writeFileSync(
    hook,
    `import { isMainThread } from "node:worker_threads"; import { writeFileSync } from "node:fs";
     if (isMainThread) process.on("exit", () => writeFileSync(${JSON.stringify(figure)}, String(process.resourceUsage().maxRSS)));`,
  );
  await time(command, { NODE_OPTIONS: `--import ${pathToFileURL(hook)}` });
  return (Number(readFileSync(figure, "utf8")) * 1024) / 1e6;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The median over `runs` turns of each command, taken in turn so that the machine's drift meets all alike. */
export async function inTurn<Name extends string>(
  runs: number,
  commands: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(commands) as Name[];
  const seconds = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let run = -1; run < runs; run++) {
    for (const name of names) {
      const taken = await commands[name]();
      if (run >= 0) seconds.get(name)?.push(taken);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(seconds.get(name) ?? [])])) as Record<Name, number>;
}
