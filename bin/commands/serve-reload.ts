import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type FSWatcher, watch } from "node:fs";
import { dirname, resolve } from "node:path";

/** Editors write a file in several steps. */
const settled = 100;

/** What a process that has loaded the service tells. */
interface Loaded {
  readonly type: "loaded";
  /** The service's files, absolute. */
  readonly inputs: readonly string[];
}

/**
 * In a process that {@link serveAndReload} has started: says that the service is loaded, and waits until the one before has let go of the port.
 */
export async function takeOver(inputs: readonly string[]): Promise<void> {
  if (process.env.MILLRACE_RELOADED === undefined) return;
  // Whoever watches the files has gone without a word.
  process.once("disconnect", () => process.exit());
  process.send?.({ type: "loaded", inputs } satisfies Loaded);
  await once(process, "message");
}

/** Runs the same command in a process of its own, and again whenever a file of the service changes. One that does not load replaces none. */
export async function serveAndReload(target: string): Promise<void> {
  let watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let serving: ChildProcess | undefined;
  let loading: ChildProcess | undefined;

  const observe = (files: readonly string[]) => {
    for (const watcher of watchers) watcher.close();
    const watched = new Set(files);
    watchers = [...new Set(files.map((file) => dirname(file)))].map((folder) =>
      watch(folder, (_event, name) => {
        if (name === null || !watched.has(resolve(folder, name))) return;
        clearTimeout(timer);
        timer = setTimeout(reload, settled);
      }),
    );
  };
  const replace = async (next: ChildProcess) => {
    loading = undefined;
    const before = serving;
    serving = next;
    await end(before, "SIGTERM");
    if (next.connected) next.send("listen");
  };
  const load = () => {
    const next = fork(process.argv[1] ?? "", process.argv.slice(2), {
      env: { ...process.env, MILLRACE_RELOADED: "1" },
    });
    loading = next;
    next.on("message", ({ type, inputs }: Partial<Loaded>) => {
      if (type !== "loaded" || inputs === undefined || next !== loading) return;
      observe(inputs);
      void replace(next);
    });
    next.once("exit", () => {
      if (next !== loading) return;
      loading = undefined;
      console.error(
        lives(serving) ? "The service as it was before goes on." : "It is loaded again when the file changes.",
      );
    });
  };
  const reload = () => {
    console.error("A file changed: the service is loaded again.");
    const outdated = loading;
    loading = undefined;
    outdated?.kill("SIGKILL");
    load();
  };
  // A service that does not compile has told no files yet.
  observe([resolve(target.replace(/#[\w$]+$/, ""))]);
  load();
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
  });
  observe([]);
  clearTimeout(timer);
  await Promise.all([end(loading, "SIGKILL"), end(serving, signal)]);
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || !lives(child)) return;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
}

function lives(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}
