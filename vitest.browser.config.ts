import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { millrace } from "./lib/flow/vite.ts";

/** The tests in a browser: they need Chromium. */
export default defineConfig({
  plugins: [millrace()],
  resolve: {
    alias: [
      { find: /^millrace$/, replacement: fileURLToPath(new URL("./lib/index.ts", import.meta.url)) },
      { find: /^millrace\/model$/, replacement: fileURLToPath(new URL("./lib/model/index.ts", import.meta.url)) },
    ],
  },
  test: {
    include: ["test/browser/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
