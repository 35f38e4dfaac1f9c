import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { millrace } from "./lib/flow/vite.ts";

/** The tests on emulated AWS: one emulator, bootstrapped once, for the whole run. */
export default defineConfig({
  plugins: [millrace()],
  resolve: {
    alias: [
      { find: /^millrace$/, replacement: fileURLToPath(new URL("./lib/index.ts", import.meta.url)) },
      { find: /^millrace\/model$/, replacement: fileURLToPath(new URL("./lib/model/index.ts", import.meta.url)) },
    ],
  },
  test: {
    include: ["test/aws/**/*.test.ts"],
    globalSetup: ["test/aws/support/global-setup.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
