import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The codes of errors that a source makes: `new FlowError("FLOW_FILE", …)`, `super("CACHE", …)`, `new RequestError(404, "NOT_FOUND", …)`. */
function codesIn(source: string): string[] {
  return Array.from(
    source.matchAll(/\b(?:new \w+Error|super)\(\s*(?:\w+,\s*)?"([A-Z][A-Z_]+)"/g),
    ([, code = ""]) => code,
  );
}

/** What a document has as code in a table. */
function codesOf(file: string): Set<string> {
  return new Set(Array.from(readFileSync(file, "utf8").matchAll(/`([A-Z][A-Z_]+)`/g), ([, code = ""]) => code));
}

test("every code of an error is documented: of requests to a service in models.md, all others in errors.md", () => {
  const files = globSync("{lib,bin,constructs,lambdas}/**/*.ts");
  const codes = new Set(files.flatMap((file) => codesIn(readFileSync(file, "utf8"))));
  const documented = new Set([...codesOf("docs/errors.md"), ...codesOf("docs/models.md")]);
  expect(codes.size).toBeGreaterThan(100);
  expect([...codes].filter((code) => !documented.has(code)).sort()).toEqual([]);
});
