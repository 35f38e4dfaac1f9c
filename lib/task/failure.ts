import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { isMillraceError } from "../errors.ts";
import type { Failure, TaskKey } from "../metadata/records.ts";

/** Stacks are cut at this frame. The name of a property, unlike that of a function, outlives minification. */
const boundary = {
  millraceTask(code: (...given: never[]) => unknown, self: object | undefined, given: readonly unknown[]): unknown {
    return Reflect.apply(code, self, given);
  },
};

/** Calls a function of the user's. */
export async function callUserCode(
  code: (...given: never[]) => unknown,
  self: object | undefined,
  given: readonly unknown[],
): Promise<unknown> {
  return await boundary.millraceTask(code, self, given);
}

/** A task that did not succeed, as an error; its name is that of what the step threw. */
export class TaskFailedError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = failure.name;
    this.failure = failure;
    // The stack that is worth reading is the step's own.
    this.stack = `${failure.name}: ${failure.message}\n${failure.stack ?? ""}`;
  }
}

/** What is kept of an error: its message, and of its stack the frames of the user's code. */
export function toFailure(error: unknown, task?: TaskKey, attempt?: number): Failure {
  const where = {
    ...(task && { task: { step: task.step, path: task.path, visit: task.visit } }),
    ...(attempt !== undefined && { attempt }),
  };
  if (isMillraceError(error)) {
    return {
      name: error.code,
      message: error.fix === undefined ? error.message : `${error.message} ${error.fix}`,
      ...stackOf(error),
      ...where,
    };
  }
  if (error instanceof Error) return { name: error.name, message: messageOf(error), ...stackOf(error), ...where };
  return {
    name: "Error",
    message: `The step threw ${inspect(error, { breakLength: Infinity })}, which is no Error.`,
    ...where,
  };
}

/** `process.chdir()` and the like say only that a thread has no such thing. */
function messageOf(error: Error): string {
  if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_UNSUPPORTED_OPERATION") return error.message;
  return `${error.message}. Give the step isolate: "process": it then runs in a process of its own.`;
}

/** Where this runtime's own code is: the folder of the sources or of the build's chunks; on AWS, one file. */
const own = new URL(
  /\.ts$/.test(import.meta.url) ? "../" : import.meta.url.includes("/chunks/") ? "." : "",
  import.meta.url,
);
const ownFrames = [own.href, fileURLToPath(own)];

/** Of a class with decorators the compiler makes `_Train`. */
const loweredClass = /^( {4}at (?:async |new )?)_(?=[A-Z]\w*[. ])/;

function isOwn(frame: string): boolean {
  return ownFrames.some((place) => frame.includes(place));
}

function stackOf(error: Error): { stack?: string } {
  const frames: string[] = [];
  let isUserCode = !isMillraceError(error);
  for (const line of error.stack?.split("\n") ?? []) {
    if (!/^ {4}at /.test(line)) continue;
    if (line.includes("millraceTask")) {
      isUserCode = true;
      break;
    }
    if (/\(node:|at node:/.test(line)) continue;
    if (!isOwn(line)) frames.push(line.replace(loweredClass, "$1"));
    // What JavaScript itself does on behalf of the runtime: `at listFrames.next (<anonymous>)`.
    else while (frames.at(-1)?.endsWith("(<anonymous>)")) frames.pop();
  }
  const inner =
    error instanceof AggregateError ? error.errors.map((one) => `\n  one of its errors: ${summary(one)}`) : [];
  const cause = error.cause instanceof Error ? `\n  caused by ${error.cause.name}: ${error.cause.message}` : "";
  const stack = (isUserCode ? frames.join("\n") : "") + inner.join("") + cause;
  return stack === "" ? {} : { stack };
}

function summary(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : inspect(error, { breakLength: Infinity });
}
