// Runs tasks against the store in the folder of its first argument until it is done or killed; prints "ready" when the first are committed.
import { thisProcess } from "../../../lib/metadata/owner.ts";
import { SqliteMetadataStore } from "../../../lib/metadata/sqlite/store.ts";

const [folder = "", run = ""] = process.argv.slice(2);
const store = new SqliteMetadataStore(folder);
const now = () => new Date().toISOString();
await store.beginRun({
  flow: "Train",
  run,
  status: "running",
  startedAt: now(),
  parameters: {},
  tags: [],
  owner: thisProcess(),
});
for (let first = 0; first < 2_000; first += 10) {
  await Promise.all(Array.from({ length: 10 }, (_, index) => runTask(String(first + index))));
  if (first === 0) process.stdout.write("ready\n");
}
await store.endRun("Train", run, { status: "succeeded", endedAt: now() });
await store.close();

async function runTask(path: string): Promise<void> {
  const task = { flow: "Train", run, step: "body", path, visit: 0 };
  await store.startAttempt(task, "a", now());
  await store.commit(task, "a", now(), { attempt: 0, artifacts: {}, transition: 0 });
}
