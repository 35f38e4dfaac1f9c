import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { millrace } from "./lib/flow/vite.ts";

export default defineConfig({
  plugins: [millrace()],
  resolve: {
    alias: [
      { find: /^millrace$/, replacement: fileURLToPath(new URL("./lib/index.ts", import.meta.url)) },
      { find: /^millrace\/model$/, replacement: fileURLToPath(new URL("./lib/model/index.ts", import.meta.url)) },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/aws/**", "test/browser/**", "test/containers/**", "test/python/**"],
    testTimeout: 30_000,
  },
});
