// Loaded into a server: tells, at each message, what memory its process holds, and what of it is alive after a collection, in bytes.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface Memory {
  readonly held: number;
  readonly alive: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

process.on("message", () => {
  const { rss: held } = process.memoryUsage();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ held, alive: heapUsed + external } satisfies Memory);
});
// Nobody who asks is no reason to go on.
process.channel?.unref();
