import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { firstService, printed } from "../docs/first-service.ts";
import { startServer } from "../model/support/server-process.ts";

const python = "/usr/bin/python3";
const hasSklearn = spawnSync(python, ["-c", "import sklearn"]).status === 0;

test.skipIf(!hasSklearn)(
  "the first service in Python of docs/models.md does as the page says (apt-get install python3-sklearn)",
  async () => {
    const folder = firstService("python");
    try {
      const PYTHONPATH = join(folder, "node_modules/millrace/dist/python");
      expect(await printed(folder, python, ["pack.py"], { PYTHONPATH })).toBe("[0]\n/home/me/project/iris\n");
      const server = await startServer(join(folder, "iris"), ["--log-level", "warn"], { MILLRACE_PYTHON: python });
      const rows = [
        [5.1, 3.5, 1.4, 0.2],
        [6.3, 3.3, 6.0, 2.5],
      ];
      expect(await server.answer("/predict", rows)).toEqual([0, 2]);
      server.child.kill("SIGTERM");
      expect(await server.ended).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
