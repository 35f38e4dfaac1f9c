import { type ChildProcess, fork } from "node:child_process";
import { type FSWatcher, watch } from "node:fs";
import { dirname, resolve } from "node:path";

/** Editors write a file in several steps. */
const settled = 100;

/** Runs the same command in a process of its own, and again whenever a file of the service changes. */
export async function serveAndReload(target: string): Promise<void> {
  let watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let child: ChildProcess | undefined;

  const observe = (files: readonly string[]) => {
    for (const watcher of watchers) watcher.close();
    const watched = new Set(files);
    watchers = [...new Set(files.map((file) => dirname(file)))].map((folder) =>
      watch(folder, (_event, name) => {
        if (name === null || !watched.has(resolve(folder, name))) return;
        clearTimeout(timer);
        timer = setTimeout(restart, settled);
      }),
    );
  };
  const start = () => {
    child = fork(process.argv[1] ?? "", process.argv.slice(2), { env: { ...process.env, MILLRACE_RELOADED: "1" } });
    child.on("message", (message: { readonly inputs?: readonly string[] }) => {
      if (message.inputs !== undefined) observe(message.inputs);
    });
  };
  const restart = () => {
    console.error("A file changed: the service is loaded again.");
    if (child?.exitCode !== null || child.signalCode !== null) return start();
    child.once("exit", start);
    child.kill("SIGTERM");
  };
  // A service that does not compile has told no files yet.
  observe([resolve(target.replace(/#[\w$]+$/, ""))]);
  start();
  await new Promise<void>((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        observe([]);
        clearTimeout(timer);
        child?.once("exit", () => done());
        child?.kill(signal);
      });
    }
  });
}
