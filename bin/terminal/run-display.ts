import { styleText } from "node:util";
import { taskId } from "../../lib/flow/path.ts";
import type { Failure, RunRecord, TaskKey } from "../../lib/metadata/records.ts";
import type { RunEvent } from "../../lib/run/events.ts";
import { StatusLine } from "./status.ts";

type Style = Parameters<typeof styleText>[0];

/**
 * A run as it goes on. Each console line of a task is printed as it comes, behind `run/step/task`; on a terminal a last line tells what runs
 * now. With `json` every event is a line of JSON.
 */
export class RunDisplay {
  readonly #json: boolean;
  readonly #status = new StatusLine();
  readonly #running = new Map<string, number>();
  #run = "";
  #done = 0;

  constructor(json: boolean) {
    this.#json = json;
  }

  show(event: RunEvent): void {
    if (this.#json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else this.#print(event);
  }

  close(): void {
    this.#status.clear();
  }

  #print(event: RunEvent): void {
    switch (event.type) {
      case "run-started":
        this.#run = event.run.run;
        this.#note(`${event.run.flow} run ${event.run.run}`, "bold");
        break;
      case "task-started":
        this.#count(event.task.step, 1);
        break;
      case "line":
        this.#status.above(() => this.#line(event.task, event.line));
        break;
      case "task-succeeded":
        this.#done++;
        this.#count(event.task.step, -1);
        break;
      case "task-retrying":
        this.#count(event.task.step, -1);
        this.#note(
          `${this.#prefix(event.task)} attempt ${event.attempt} failed, again in ${event.delay.toFixed(1)} s: ${headline(event.failure)}`,
          "yellow",
        );
        break;
      case "task-failed":
        this.#count(event.task.step, -1);
        this.#note(`${this.#prefix(event.task)} failed: ${headline(event.failure)}`, "red");
        if (event.failure.stack !== undefined) this.#note(indent(event.failure.stack), "dim");
        break;
      case "run-ended":
        this.#status.clear();
        this.#ended(event.run);
    }
  }

  #line(task: TaskKey, { stream, text }: Extract<RunEvent, { type: "line" }>["line"]): void {
    const to = process[stream];
    to.write(`${styleText("cyan", this.#prefix(task), { stream: to })} ${text}\n`);
  }

  #prefix({ step, path, visit }: TaskKey): string {
    return `${this.#run}/${step}/${taskId(path, visit)}`;
  }

  /** What is not the flow's own output goes to standard error, so that a pipe gets the flow's lines alone. */
  #note(text: string, style: Style): void {
    this.#status.above(() => process.stderr.write(`${styleText(style, text, { stream: process.stderr })}\n`));
  }

  #count(step: string, change: 1 | -1): void {
    const running = (this.#running.get(step) ?? 0) + change;
    if (running > 0) this.#running.set(step, running);
    else this.#running.delete(step);
    const now = [...this.#running].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name)).join(", ");
    this.#status.set(`${this.#done} done · ${now === "" ? "…" : now}`);
  }

  #ended(run: RunRecord): void {
    const seconds = (Date.parse(run.endedAt ?? run.startedAt) - Date.parse(run.startedAt)) / 1000;
    const tasks = `${this.#done} ${this.#done === 1 ? "task" : "tasks"}`;
    if (run.status === "succeeded") this.#note(`${run.flow} succeeded: ${tasks} in ${seconds.toFixed(2)} s`, "green");
    else
      this.#note(`${run.flow} ${run.status}: ${run.failure === undefined ? tasks : headline(run.failure)}`, [
        "red",
        "bold",
      ]);
  }
}

function headline({ name, message, task }: Failure): string {
  const where = task === undefined ? "" : `${task.step}/${taskId(task.path, task.visit)}: `;
  return `${where}${name}: ${message}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
