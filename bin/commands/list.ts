import { styleText } from "node:util";
import type { Run } from "../../lib/client/run.ts";
import { clientOf } from "../terminal/client.ts";
import { UsageError } from "../terminal/errors.ts";
import { wholeNumber } from "../terminal/options.ts";
import { printable } from "../terminal/output.ts";
import { printTable } from "../terminal/table.ts";

interface ListOptions {
  readonly json?: true;
  readonly limit: string;
  readonly tag?: string;
  readonly store?: string;
}

/** Flows with their latest run or, of a flow, its runs. */
export async function list(flow: string | undefined, options: ListOptions): Promise<void> {
  const limit = wholeNumber("--limit", options.limit);
  if (options.tag === "") throw new UsageError('--tag takes a text; received "".', "Write --tag nightly, say.");
  await using client = await clientOf(options.store);
  const { tag } = options;
  const runs =
    flow === undefined
      ? (await Promise.all((await client.flows()).map((known) => known.runs({ limit: 1, ...(tag && { tag }) })))).flat()
      : await client.flow(flow).runs({ limit, ...(tag && { tag }) });
  // asked for by name, so that an unknown flow is an error and one without such runs an empty list
  if (flow !== undefined && runs.length === 0) await client.flow(flow).run("latest");
  if (options.json) console.log(JSON.stringify(runs));
  else await printTable(["flow", "run", "status", "started", "took", "tags"], runs.map(row));
}

function row(run: Run): string[] {
  const took =
    run.endedAt === undefined ? "" : `${((Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000).toFixed(2)} s`;
  const started = run.startedAt.replace(/\.\d+/, "");
  return [run.flow, run.id, colored(run.status), started, took, printable(run.tags.join(" "))];
}

function colored(status: Run["status"]): string {
  const color =
    status === "succeeded" ? "green" : status === "running" ? "cyan" : status === "interrupted" ? "yellow" : "red";
  return styleText(color, status);
}
