import { styleText } from "node:util";
import { isMillraceError, type MillraceError } from "../../lib/errors.ts";
import { FlowCheckError, type Problem } from "../../lib/flow/check/problem.ts";
import { printable } from "./output.ts";

/** The command was called wrongly: exit code 2, where a run or check that fails gives 1. */
export class UsageError extends Error {
  readonly fix: string | undefined;

  constructor(message: string, fix?: string) {
    super(message);
    this.name = "UsageError";
    this.fix = fix;
  }
}

/** One thing that is wrong, as `--json` prints it. */
interface Report {
  readonly code: string;
  readonly message: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly fix?: string | undefined;
  /** Where it is several things. */
  readonly problems?: readonly Report[];
}

function report(error: unknown): Report {
  if (error instanceof FlowCheckError) {
    const problems = error.problems.map(reportOne);
    const { code, message, at, fix } = error;
    return { code, message: message.replace(/:\n.*/s, "."), ...at, fix, problems };
  }
  if (isMillraceError(error)) return reportOne(error);
  if (error instanceof UsageError) return { code: "USAGE", message: error.message, fix: error.fix };
  return {
    code: "UNEXPECTED",
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    fix: "Set MILLRACE_DEBUG=1 to see where it comes from.",
  };
}

function reportOne({ code, message, at, fix }: MillraceError | Problem): Report {
  return { code, message, file: at?.file, line: at?.line, fix };
}

/** Tells the user what is wrong, where, and what to do; with MILLRACE_DEBUG set, the stack trace too. */
export function printError(error: unknown, json: boolean): void {
  const whole = report(error);
  if (json) process.stdout.write(`${JSON.stringify({ error: whole })}\n`);
  else for (const one of whole.problems ?? [whole]) process.stderr.write(text(one));
  if (process.env.MILLRACE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

function text({ message, file, line, fix }: Report): string {
  const label = styleText(["red", "bold"], "error", { stream: process.stderr });
  const place = file === undefined ? "" : `  at ${file}${line === undefined ? "" : `:${line}`}\n`;
  return `${label}: ${printable(`${message}\n${place}${fix === undefined ? "" : `  fix: ${fix}\n`}`)}`;
}

export function exitCode(error: unknown): 1 | 2 {
  return error instanceof UsageError || (isMillraceError(error) && usageCodes.has(error.code)) ? 2 : 1;
}

/** Errors of the library that say that the call itself was wrong. */
const usageCodes: ReadonlySet<string> = new Set([
  ...["FLOW_FILE", "SERVICE_FILE", "OPTION", "PARAMETER", "PATHSPEC", "UNIT"],
  ...["MODEL_NAME", "MODEL_REFERENCE", "MODEL_ALIAS"],
]);
