import { afterEach, describe, expect, test } from "vitest";
import { blocksOf, Checkout } from "./readme.ts";

/** Whoever types what a README says sees what it says. What needs Docker or AWS is left out here. */
let checkout: Checkout;

afterEach(() => checkout.remove());

describe("the README of the example", () => {
  test.each(["branch-flow", "iris-stats", "iris-classifier", "diabetes"])(
    "%s shows what its commands print",
    async (name) => {
      checkout = await Checkout.create();
      const blocks = blocksOf(`examples/${name}/README.md`).filter(({ commands }) => !/^npx cdk/m.test(commands));
      expect(blocks.some(({ output }) => output !== undefined)).toBe(true);
      for (const { commands, output } of blocks) {
        const printed = await checkout.run(commands);
        if (output !== undefined)
          expect({ commands, output: printed }).toEqual({ commands, output: checkout.normal(output) });
      }
    },
    120_000,
  );
});
