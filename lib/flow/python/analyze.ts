import { spawnSync } from "node:child_process";
import { pythonPackages, systemProgram, withPackages } from "../../environment/python.ts";
import { MillraceError } from "../../errors.ts";

/** What `millrace.analyze` tells of a file. */
export type PythonFile =
  | { readonly functions: Readonly<Record<string, PythonFunction>>; readonly isOpen: boolean }
  | { readonly error: { readonly message: string; readonly line: number | null } };

export interface PythonFunction {
  readonly line: number;
  readonly doc?: string;
  /** Absent of what is no function in sight. */
  readonly parameters?: readonly string[];
  readonly reads: readonly string[] | "all";
  /** By name, as far as they are known. */
  readonly readLines: Readonly<Record<string, number>>;
  readonly writes: readonly string[];
  readonly assignments: readonly { readonly name: string; readonly line: number }[];
  readonly inputReads?: readonly string[] | "all";
  /** `value`: absent where it is computed, `null` where nothing is returned. */
  readonly returns: readonly { readonly value?: string | null; readonly line: number }[];
}

/**
 * Reads Python files by Python's own parser; nothing of them runs. It waits, since a construct describes its flow in its constructor.
 *
 * @throws MillraceError `PYTHON_MISSING` where there is no Python that could.
 */
export function analyzePython(paths: readonly string[]): Readonly<Record<string, PythonFile>> {
  const program = systemProgram();
  const { stdout, stderr, error, status } = spawnSync(program, ["-m", "millrace.analyze", ...paths], {
    encoding: "utf8",
    // Python looks for modules where it starts: a json.py beside the flow would be taken for Python's own.
    cwd: pythonPackages(),
    env: withPackages(process.env),
    maxBuffer: 64 * 1024 ** 2,
  });
  if (error === undefined && status === 0) return JSON.parse(stdout);
  const reason = error?.message ?? stderr.trim().split("\n").at(-1);
  throw new MillraceError("PYTHON_MISSING", `The Python steps cannot be read by ${program}: ${reason}.`, {
    fix: "Install Python 3.10 or later, or name it: MILLRACE_PYTHON=/usr/local/bin/python3.",
    cause: error,
  });
}
