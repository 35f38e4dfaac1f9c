import { execFile } from "node:child_process";
import type { RunRecord } from "../../../lib/metadata/records.ts";
import type { RunEvent } from "../../../lib/run/events.ts";

/** Runs a flow on this machine as its users do, with the built command; it may fail. */
export async function runHere(
  file: string,
  store: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<RunRecord> {
  const given = Object.entries(parameters).map(([name, value]) => {
    return `--${name}=${typeof value === "string" ? value : JSON.stringify(value)}`;
  });
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, ["bin/millrace.js", "run", file, "--json", "--store", store, ...given], (_, stdout) =>
      resolve(stdout),
    );
  });
  const events = output.trimEnd().split("\n");
  const last: RunEvent = JSON.parse(events.at(-1) ?? "");
  if (last.type !== "run-ended") throw new Error(`The run of ${file} did not end: ${output}`);
  return last.run;
}
