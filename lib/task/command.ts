import { spawn } from "node:child_process";
import { MillraceError } from "../errors.ts";
import type { TaskState } from "../flow/spec/flow-spec.ts";
import type { TaskArtifacts } from "./artifacts.ts";
import type { BoundBody } from "./bodies.ts";
import type { StepContext } from "./protocol.ts";
import { chosenTransition } from "./transition.ts";

/** The program of a step that did not start, or whose exit code was not 0. */
class CommandError extends MillraceError {
  constructor(program: string, how: string, fix: string, cause?: unknown) {
    super("COMMAND", `${program} ${how}.`, { fix, cause });
  }
}

/** A program: it learns of its task from the environment, and succeeds with exit code 0. It reads and writes no artifacts. */
export function bindCommand(
  [program = "", ...args]: readonly string[],
  context: StepContext,
  artifacts: TaskArtifacts,
  state: TaskState,
): BoundBody {
  const target = {};
  artifacts.attach(target);
  return {
    target,
    async run() {
      await runProgram(program, args, environment(state));
      return { transition: chosenTransition(context.step, context.definition, undefined) };
    },
  };
}

function environment({ current }: TaskState): Record<string, string> {
  const parameters = Object.entries(current.parameters).map(([name, value]) => [
    `MILLRACE_PARAMETER_${name.toUpperCase()}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return {
    MILLRACE_FLOW: current.flow,
    MILLRACE_RUN: current.run,
    MILLRACE_STEP: current.step,
    MILLRACE_TASK: current.task,
    MILLRACE_ATTEMPT: String(current.attempt),
    ...Object.fromEntries(parameters),
  };
}

function runProgram(program: string, args: readonly string[], variables: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...variables } });
    child.stdout.on("data", (chunk: Buffer) => process.stdout.write(chunk));
    child.stderr.on("data", (chunk: Buffer) => process.stderr.write(chunk));
    child.on("error", (error) => {
      const fix = "Name a program that is on the PATH, or in the step's image, as command: [program, argument].";
      reject(new CommandError(program, `cannot be started: ${error.message}`, fix, error));
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else {
        const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
        reject(new CommandError(program, how, "Its last lines in the task's log may tell why."));
      }
    });
  });
}
