import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import { taskId } from "../../lib/flow/path.ts";
import type { Failure, RunRecord, TaskKey } from "../../lib/metadata/records.ts";
import type { RunEvent } from "../../lib/run/events.ts";
import { StatusLine } from "./status.ts";

type Style = Parameters<typeof styleText>[0];
type Stream = "stdout" | "stderr";

/**
 * A run as it goes on. Each console line of a task is printed as it comes, behind `run/step/task`; on a terminal a last line tells what runs
 * now. What is not the flow's own output goes to standard error, so that a pipe gets the flow's lines alone. With `json` every event is a
 * line of JSON.
 */
export class RunDisplay {
  readonly #json: boolean;
  readonly #output: Readonly<Record<Stream, WriteStream>>;
  readonly #status: StatusLine;
  readonly #running = new Map<string, number>();
  #run = "";
  #done = 0;
  #failed = 0;

  constructor(json: boolean, output: Readonly<Record<Stream, WriteStream>> = process) {
    this.#json = json;
    this.#output = output;
    this.#status = new StatusLine(output.stderr);
  }

  show(event: RunEvent): void {
    if (this.#json) this.#output.stdout.write(documents(event));
    else this.#print(event);
  }

  close(): void {
    this.#status.clear();
  }

  #print(event: RunEvent): void {
    switch (event.type) {
      case "environment-building":
        this.#write("stderr", this.#style("dim", `Building the Python environment with ${event.packages} …`));
        break;
      case "run-started":
        this.#run = event.run.run;
        this.#write("stderr", `${this.#style("bold", event.run.flow)} run ${event.run.run}`);
        break;
      case "task-started":
        this.#count(event.task, 1);
        break;
      case "lines":
        this.#writeLines(event);
        break;
      case "task-succeeded":
        this.#done++;
        this.#count(event.task, -1);
        break;
      case "task-retrying":
        this.#count(event.task, -1);
        this.#note(event.task, "yellow", `failed, again in ${duration(event.delay)}: ${reason(event.failure)}`);
        break;
      case "task-failed":
        this.#failed++;
        this.#count(event.task, -1);
        this.#note(event.task, "red", `failed: ${reason(event.failure)}`);
        if (event.failure.stack !== undefined) this.#write("stderr", this.#style("dim", event.failure.stack));
        break;
      case "late-error":
        this.#note(
          event.task,
          "yellow",
          `left a timer or a promise behind, which failed after the step's end; await or clear it: ${reason(event.failure)}`,
        );
        if (event.failure.stack !== undefined) this.#write("stderr", this.#style("dim", event.failure.stack));
        break;
      case "run-ended":
        this.#status.clear();
        this.#write("stderr", this.#ending(event.run));
    }
  }

  #note(task: TaskKey, style: Style, text: string): void {
    this.#write("stderr", `${this.#prefix(task, "stderr")} ${this.#style(style, text)}`);
  }

  #writeLines({ task, lines }: RunEvent & { type: "lines" }): void {
    const { stream = "stdout" } = lines[0] ?? {};
    const prefix = this.#prefix(task, stream);
    this.#write(stream, lines.map(({ text }) => `${prefix} ${text}`).join("\n"));
  }

  #write(to: Stream, text: string): void {
    this.#status.above(() => this.#output[to].write(`${text}\n`));
  }

  #prefix(task: TaskKey, to: Stream): string {
    return `${this.#style("dim", `${this.#run}/`, to)}${this.#style("cyan", name(task), to)}`;
  }

  #style(style: Style, text: string, to: Stream = "stderr"): string {
    return styleText(style, text, { stream: this.#output[to] });
  }

  #count({ step }: TaskKey, change: 1 | -1): void {
    const running = (this.#running.get(step) ?? 0) + change;
    if (running > 0) this.#running.set(step, running);
    else this.#running.delete(step);
    this.#status.set(this.#summary);
  }

  readonly #summary = () => {
    const now = [...this.#running].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name)).join(", ");
    return `${this.#done} done · ${now === "" ? "…" : now}`;
  };

  #ending({ flow, status, startedAt, endedAt = startedAt, failure }: RunRecord): string {
    const seconds = ((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(2);
    const failed = this.#failed === 0 ? "" : `, ${this.#failed} failed`;
    const tasks = this.#done === 1 ? "1 task" : `${this.#done} tasks`;
    if (status === "succeeded") return this.#style("green", `${flow} succeeded: ${tasks}${failed} in ${seconds} s`);
    const after = `after ${seconds} s: ${tasks} succeeded${failed}`;
    if (status === "interrupted") return this.#style("yellow", `${flow} interrupted ${after}`);
    const task = failure?.task;
    // A task that failed has told why.
    const why = failure === undefined || task !== undefined ? "" : `\n${reason(failure)}`;
    return this.#style("red", `${flow} failed${task === undefined ? "" : ` in ${name(task)}`} ${after}${why}`);
  }
}

/** An event as lines of JSON; each console line has one of its own. */
function documents(event: RunEvent): string {
  if (event.type !== "lines") return `${JSON.stringify(event)}\n`;
  const { task, attempt, lines } = event;
  return lines.map((line) => `${JSON.stringify({ type: "line", task, attempt, line })}\n`).join("");
}

function duration(seconds: number): string {
  return seconds < 1 ? `${Math.ceil(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

function name({ step, path, visit }: TaskKey): string {
  return `${step}/${taskId(path, visit)}`;
}

function reason({ name, message }: Failure): string {
  return message === "" ? name : `${name}: ${message}`;
}
