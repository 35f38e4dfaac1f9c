import { styleText } from "node:util";
import type { Run } from "../../lib/client/run.ts";
import { Step } from "../../lib/client/step.ts";
import { Task } from "../../lib/client/task.ts";
import { clientOf } from "../terminal/client.ts";
import { UsageError } from "../terminal/errors.ts";
import { wholeNumber } from "../terminal/options.ts";

interface LogsOptions {
  readonly json?: true;
  readonly attempt?: string;
  readonly store?: string;
}

/** Lines of the last attempt of each task, unless told which; standard error's lines go to standard error. */
export async function logs(pathspec: string, options: LogsOptions): Promise<void> {
  const attempt = options.attempt === undefined ? undefined : wholeNumber("--attempt", options.attempt, 0);
  await using client = await clientOf(options.store);
  const target = await client.get(pathspec);
  const tasks = await tasksOf(target);
  if (attempt !== undefined && tasks.every((task) => task.attempts.length <= attempt)) {
    throw new UsageError(
      `No task of ${target.pathspec} had an attempt ${attempt}.`,
      `The last one is ${Math.max(...tasks.map((task) => task.attempts.length)) - 1}, the first 0.`,
    );
  }
  for (const task of tasks) {
    const wanted = attempt ?? task.attempts.length - 1;
    for await (const line of task.lines()) {
      if (line.attempt !== wanted) continue;
      if (options.json) {
        console.log(JSON.stringify({ step: task.step, task: task.id, ...line }));
        continue;
      }
      const to = process[line.stream];
      const prefix = target instanceof Task ? "" : `${styleText("cyan", `${task.step}/${task.id}`, { stream: to })} `;
      to.write(`${prefix}${line.text}\n`);
    }
  }
}

async function tasksOf(target: Run | Step | Task): Promise<readonly Task[]> {
  if (target instanceof Task) return [target];
  if (target instanceof Step) return await target.tasks();
  return (await Promise.all((await target.steps()).map((step) => step.tasks()))).flat();
}
