import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("docs/models.md has the code of every refusal of a request", () => {
  const source = globSync("lib/model/**/*.ts").map((file) => readFileSync(file, "utf8"));
  const codes = source.flatMap((text) =>
    [...text.matchAll(/\bRequestError\(\s*\w+,\s*"([A-Z][A-Z_]+)"/g)].map(([, code = ""]) => code),
  );
  const documented = readFileSync("docs/models.md", "utf8");
  expect(codes).toContain("INVALID_INPUT");
  expect(codes.filter((code) => !documented.includes(`\`${code}\``))).toEqual([]);
});
