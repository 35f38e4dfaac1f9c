import { spawn } from "node:child_process";
import { once } from "node:events";

/** How a program ended. */
export interface Ended {
  readonly code: number;
  /** The last lines of what it wrote. */
  readonly lastLines: readonly string[];
}

interface RunOptions {
  /** Whether what it writes goes on to standard error: standard output is for the result. */
  readonly isShown: boolean;
}

const kept = 8;

/** Runs a program to its end; `undefined` where there is none of that name. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { isShown }: RunOptions,
): Promise<Ended | undefined> {
  // An image that is an index of several, as one with attestations is, is refused by SageMaker and Lambda.
  const env = { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: "1" };
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
  let last = "";
  for (const stream of [child.stdout, child.stderr]) {
    if (isShown) stream.pipe(process.stderr, { end: false });
    stream.setEncoding("utf8").on("data", (text: string) => {
      last = (last + text).slice(-10_000);
    });
  }
  try {
    const [code] = await once(child, "close");
    const lines = last.split(/\r?\n/).filter((line) => line.trim() !== "");
    return { code: Number(code ?? 1), lastLines: lines.slice(-kept) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
