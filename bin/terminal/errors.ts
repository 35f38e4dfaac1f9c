import { styleText } from "node:util";
import { isMillraceError } from "../../lib/errors.ts";

/** The command was called wrongly: exit code 2, where a run or check that fails gives 1. */
export class UsageError extends Error {
  readonly fix: string | undefined;

  constructor(message: string, fix?: string) {
    super(message);
    this.name = "UsageError";
    this.fix = fix;
  }
}

interface Report {
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly fix?: string;
}

function report(error: unknown): Report {
  if (isMillraceError(error)) {
    return {
      code: error.code,
      message: error.message,
      ...error.at,
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    };
  }
  if (error instanceof UsageError)
    return { code: "USAGE", message: error.message, ...(error.fix === undefined ? {} : { fix: error.fix }) };
  return { code: "UNEXPECTED", message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

/** Tells the user what is wrong, where, and what to do; with MILLRACE_DEBUG set, the stack trace too. */
export function printError(error: unknown, json: boolean): void {
  const { code, message, file, line, fix } = report(error);
  if (json) {
    process.stdout.write(`${JSON.stringify({ error: { code, message, file, line, fix } })}\n`);
  } else {
    const place = file === undefined ? "" : `  at ${file}${line === undefined ? "" : `:${line}`}\n`;
    const label = styleText(["red", "bold"], "error", { stream: process.stderr });
    process.stderr.write(`${label}: ${message}\n${place}${fix === undefined ? "" : `  fix: ${fix}\n`}`);
  }
  if (process.env.MILLRACE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

export function exitCode(error: unknown): 1 | 2 {
  return error instanceof UsageError || (isMillraceError(error) && usageCodes.has(error.code)) ? 2 : 1;
}

/** Errors of the library that say that the call itself was wrong. */
const usageCodes: ReadonlySet<string> = new Set(["FLOW_FILE", "PARAMETER", "PATHSPEC", "UNIT"]);
