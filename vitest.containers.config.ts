import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { millrace } from "./lib/flow/vite.ts";

/** The image of a bundle, built and run: buildah, and the right to make containers. */
export default defineConfig({
  plugins: [millrace()],
  resolve: {
    alias: [
      { find: /^millrace$/, replacement: fileURLToPath(new URL("./lib/index.ts", import.meta.url)) },
      { find: /^millrace\/model$/, replacement: fileURLToPath(new URL("./lib/model/index.ts", import.meta.url)) },
    ],
  },
  test: {
    include: ["test/containers/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
