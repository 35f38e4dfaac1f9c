import { defineConfig } from "vitest/config";
import { shared } from "./vitest.shared.ts";

/** The tests of steps in Python: they need Python 3.10 or later, with venv and pip. */
export default defineConfig({
  ...shared,
  test: {
    include: ["test/python/**/*.test.ts"],
    testTimeout: 120_000,
  },
});
