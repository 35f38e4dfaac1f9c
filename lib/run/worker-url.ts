/** Beside this module in the sources; in the build this module is a chunk, and the worker an entry beside the folder of chunks. */
export function workerUrl(): URL {
  if (import.meta.url.endsWith(".ts")) return new URL("./worker.ts", import.meta.url);
  return new URL(import.meta.url.includes("/chunks/") ? "../worker.js" : "./worker.js", import.meta.url);
}
