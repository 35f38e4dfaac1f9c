import { MillraceError } from "../errors.ts";

/** There is no Python here. */
export class PythonMissingError extends MillraceError {
  constructor(program: string, cause?: unknown) {
    super("PYTHON_MISSING", `There is no ${program} here, which steps and services in Python run in.`, {
      fix: "Install Python 3.10 or later, or name it: MILLRACE_PYTHON=/usr/local/bin/python3.",
      cause,
    });
  }
}

/** The Python that is here is not the one that is asked for. */
export class PythonVersionError extends MillraceError {
  constructor(program: string, version: string, wanted: string) {
    super("PYTHON_VERSION", `Python ${wanted} is asked for; ${program} is Python ${version}.`, {
      fix: `Install Python ${wanted}, name one by MILLRACE_PYTHON, or install uv, which fetches it.`,
    });
  }
}

/** The packages of an environment cannot be had. */
export class EnvironmentError extends MillraceError {
  constructor(what: string, reason: string, fix: string, cause?: unknown) {
    super("PYTHON_ENVIRONMENT", `The Python environment with ${what} cannot be built:\n${reason}`, { fix, cause });
  }
}
