import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadFlow } from "../../lib/flow/load/load.ts";
import { runFlow } from "../../lib/run/run-flow.ts";

const hasSklearn = spawnSync("/usr/bin/python3", ["-c", "import sklearn"]).status === 0;

test.skipIf(!hasSklearn)(
  "the example iris-svm finds what is known of the data (apt-get install python3-sklearn)",
  async () => {
    const store = mkdtempSync(join(tmpdir(), "iris-svm-"));
    try {
      const lines: string[] = [];
      const run = await runFlow(await loadFlow("examples/iris-svm/flow.ts", { cacheDir: join(store, "cache") }), {
        store,
        onEvent: (event) =>
          event.type === "lines" && lines.push(...event.lines.map(({ text }) => `${event.task.step}: ${text}`)),
      });
      expect(run.failure).toBeUndefined();
      expect(lines).toEqual([
        expect.stringMatching(/^fit: SVC\(C=1(\.0)?\)$/),
        "end: accuracy 0.9733 on all 150 flowers",
        "end: support vectors: 7 of Iris-setosa, 29 of Iris-versicolor, 24 of Iris-virginica",
      ]);
    } finally {
      rmSync(store, { recursive: true });
    }
  },
);
