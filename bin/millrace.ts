import { startThreadAhead } from "../lib/run/thread.ts";

if (process.argv[2] === "run") startThreadAhead();
const { main } = await import("./program.ts");
await main();
