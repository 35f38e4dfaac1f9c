import { defineConfig } from "vitest/config";
import { shared } from "./vitest.shared.ts";

/** The tests on emulated AWS: one emulator, bootstrapped once, for the whole run. */
export default defineConfig({
  ...shared,
  test: {
    include: ["test/aws/**/*.test.ts"],
    globalSetup: ["test/aws/support/global-setup.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
