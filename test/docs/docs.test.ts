import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const project = join(import.meta.dirname, "../..");
const pages = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  ...globSync("{docs,examples,test}/**/*.md", { cwd: project }),
]
  .filter((page) => !page.includes("node_modules"))
  .sort();

function read(page: string): string {
  return readFileSync(join(project, page), "utf8");
}

/** As GitHub makes it of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

describe("links", () => {
  test.each(pages)("of %s lead somewhere", (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
    const broken = targets
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path = "", fragment] = target.split("#");
        const file = path === "" ? page : join(dirname(page), path);
        if (!existsSync(join(project, file))) return true;
        const headings = fragment === undefined ? [] : [...read(file).matchAll(/^#+ (.*)$/gm)];
        return fragment !== undefined && !headings.some(([, heading = ""]) => anchor(heading) === fragment);
      });
    expect(broken).toEqual([]);
  });
});

test("the TypeScript in README and docs compiles as it stands", () => {
  const folder = join(project, "node_modules/.cache/millrace-docs");
  rmSync(folder, { recursive: true, force: true });
  for (const page of ["README.md", ...globSync("docs/*.md", { cwd: project })]) {
    const blocks = [...read(page).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block);
    // One that is part of a class, as it stands in a text, is nothing to compile.
    for (const [index, block] of blocks.filter((text) => /^import /m.test(text)).entries()) {
      const [, name = `${index}.ts`] = /^\/\/ (\w+\.ts)\n/.exec(block) ?? [];
      const file = join(folder, page.replace(/\W/g, "-"), name);
      mkdirSync(dirname(file), { recursive: true });
      const code = block.replace(/from "(?:\.\.\/examples\/branch-flow|\.)\/flow\.ts"/, 'from "#flow"');
      const named = code.replaceAll('from "./softmax.ts"', 'from "#examples/iris-classifier/softmax.ts"');
      writeFileSync(file, named.replaceAll('from "../examples/', 'from "#examples/'));
    }
  }
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(project, "tsconfig.json"),
      compilerOptions: {
        paths: {
          "#flow": [join(project, "examples/branch-flow/flow.ts")],
          "#examples/*": [join(project, "examples/*")],
          millrace: [join(project, "lib/index.ts")],
          "millrace/vite": [join(project, "lib/flow/vite.ts")],
          "millrace/client": [join(project, "lib/client/index.ts")],
          "millrace/constructs": [join(project, "constructs/index.ts")],
          "millrace/model": [join(project, "lib/model/index.ts")],
        },
      },
      include: ["**/*.ts"],
      exclude: [],
    }),
  );
  const tsc = join(project, "node_modules/.bin/tsc");
  const { stdout } = spawnSync(tsc, ["-p", folder, "--listFilesOnly"], { encoding: "utf8" });
  expect(stdout).toContain("README-md/0.ts");
  expect(spawnSync(tsc, ["-p", folder], { encoding: "utf8" })).toMatchObject({ status: 0, stdout: "" });
  rmSync(folder, { recursive: true });
}, 120_000);

test("docs/errors.md lists every code that the source has, and no other", () => {
  const places = /(?:\bcode: |Error\(\s*|super\(\s*|#fault\(\s*)"([A-Z][A-Z_]+)"/g;
  const unions = /type \w+Code =([^;]*);/g;
  const source = globSync(["{lib,bin,constructs,lambdas}/**/*.ts", "lambdas/python/millrace/model/**/*.py"], {
    cwd: project,
  });
  const raised = source
    .map(read)
    .flatMap((text) => [
      ...[...text.matchAll(places)].map(([, code]) => code),
      ...[...text.matchAll(unions)].flatMap(([, union = ""]) =>
        [...union.matchAll(/"(\w+)"/g)].map(([, code]) => code),
      ),
    ]);
  const rows = read("docs/errors.md").matchAll(/^\| (`.*?) \| /gm);
  const listed = [...rows].flatMap(([, codes = ""]) => [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => code));
  expect(listed.toSorted()).toEqual([...new Set(raised)].sort());
});
