import { defineConfig } from "vitest/config";
import { shared } from "./vitest.shared.ts";

/** The tests in a browser: they need Chromium. */
export default defineConfig({
  ...shared,
  test: {
    include: ["test/browser/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
