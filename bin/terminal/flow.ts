import { join } from "node:path";
import { MillraceError } from "../../lib/errors.ts";
import { type LoadedFlow, loadFlow } from "../../lib/flow/load/load.ts";
import { locateFlow } from "../../lib/flow/load/locate.ts";
import { exitCode, printError } from "./errors.ts";
import { writableStore } from "./store.ts";

/** Loads and checks the flow that a command is given. What is known of it is kept in the store's cache. */
export async function loadFlowFile(
  file: string,
  { store, json }: { readonly store?: string; readonly json?: true },
): Promise<LoadedFlow> {
  // Where there is nothing to run, no store is made.
  locateFlow(file);
  const cacheDir = join(writableStore(store), "cache");
  const left = () => {
    const error = new MillraceError("FLOW_IMPORT", `${file} does not come to its end when it is imported.`, {
      fix: "Let the module only declare: without process.exit(), and without an await that never ends.",
    });
    printError(error, json === true);
    process.exitCode = exitCode(error);
  };
  const { log, info, debug } = console;
  // Standard output is the command's, and with --json a document.
  Object.assign(console, { log: console.error, info: console.error, debug: console.error });
  process.once("exit", left);
  try {
    return await loadFlow(file, { cacheDir });
  } finally {
    process.off("exit", left);
    Object.assign(console, { log, info, debug });
  }
}
