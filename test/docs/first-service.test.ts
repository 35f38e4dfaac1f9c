import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startServer } from "../model/support/server-process.ts";
import { firstService, printed } from "./first-service.ts";

test("the first service of docs/models.md packs, answers and saves as the page says", async () => {
  const folder = firstService("ts");
  try {
    const tsx = join(import.meta.dirname, "../../node_modules/.bin/tsx");
    const output = await printed(folder, tsx, ["pack.ts"]);
    expect(readFileSync("docs/models.md", "utf8")).toContain(`\`\`\`\n${output}\`\`\`\n`);
    const server = await startServer(join(folder, "iris"), ["--log-level", "warn"]);
    const rows = [
      [5.1, 3.5, 1.4, 0.2],
      [6.3, 3.3, 6.0, 2.5],
    ];
    expect(await server.answer("/predict", rows)).toEqual(["setosa", "virginica"]);
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
