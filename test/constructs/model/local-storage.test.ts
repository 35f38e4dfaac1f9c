import { expect, test } from "vitest";
import { hasLocalStorage } from "../../../constructs/model/local-storage.ts";

test("instance types with disks of their own are told from those whose volumes take a key", () => {
  const own = ["m5d.large", "c6gd.xlarge", "g4dn.xlarge", "g5.xlarge", "g6e.2xlarge", "p3dn.24xlarge", "p4de.24xlarge"];
  const accelerated = ["p5.48xlarge", "trn1.2xlarge", "trn1n.32xlarge"];
  const volumes = ["m5.large", "c6g.xlarge", "t2.medium", "p3.2xlarge", "inf1.xlarge", "inf2.xlarge"];
  expect([...own, ...accelerated].filter((type) => !hasLocalStorage(`ml.${type}`))).toEqual([]);
  expect(volumes.filter((type) => hasLocalStorage(`ml.${type}`))).toEqual([]);
});
