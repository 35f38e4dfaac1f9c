import { enableCompileCache } from "node:module";

// The entry of a worker thread, or of the process of a step with `isolate: "process"`. A thread does not have its parent's compile cache.
enableCompileCache();
const { listen } = await import("./task-loop.ts");
listen();
