import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { millrace } from "./lib/flow/vite.ts";

/** The tests of steps in Python: they need Python 3.10 or later, with venv and pip. */
export default defineConfig({
  plugins: [millrace()],
  resolve: {
    alias: [
      { find: /^millrace$/, replacement: fileURLToPath(new URL("./lib/index.ts", import.meta.url)) },
      { find: /^millrace\/model$/, replacement: fileURLToPath(new URL("./lib/model/index.ts", import.meta.url)) },
    ],
  },
  test: {
    include: ["test/python/**/*.test.ts"],
    testTimeout: 120_000,
  },
});
