import { spawnSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { blocksOf, Checkout } from "../examples/readme.ts";

const hasSklearn = spawnSync("/usr/bin/python3", ["-c", "import sklearn"]).status === 0;
let checkout: Checkout | undefined;

afterEach(() => checkout?.remove());

test.skipIf(!hasSklearn)(
  "the README of iris-svm shows what its commands print (apt-get install python3-sklearn)",
  async () => {
    checkout = await Checkout.create({ PIP_NO_INDEX: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1" });
    for (const { commands, output } of blocksOf("examples/iris-svm/README.md")) {
      const printed = await checkout.run(commands);
      if (output !== undefined)
        expect({ commands, output: printed }).toEqual({ commands, output: checkout.normal(output) });
    }
  },
);
