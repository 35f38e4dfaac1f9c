import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localPackages } from "../../lib/environment/local-packages.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "local packages-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function write(file: string, text: string): Promise<void> {
  await mkdir(join(folder, file, ".."), { recursive: true });
  await writeFile(join(folder, file), text);
}

test("requirements that an index or a URL has name nothing here", async () => {
  await write("numpy/setup.py", "");
  const requirements =
    "numpy>=1.0 ; python_version > '3'\n--find-links numpy\n-r base.txt\na @ https://127.0.0.1/a.whl\nb @ file://elsewhere/b.whl\ngit+https://127.0.0.1/a.git\n# ./numpy\n";
  expect(await localPackages(requirements, folder)).toBe("");
});

test.each([
  "./lib",
  "./lib[extra] ; python_version > '3'",
  "lib/ # ours",
  "own @ file://FOLDER/lib",
  "-e ./lib",
  "--editable=./lib",
])("%s is another one where what it requires is", async (requirement) => {
  const line = requirement.replace("FOLDER", encodeURI(folder));
  await write("lib/pyproject.toml", "dependencies = []");
  const before = await localPackages(line, folder);
  expect(before).toMatch(/^[\da-f]{64}$/);
  await write("lib/pyproject.toml", 'dependencies = ["numpy"]');
  expect(await localPackages(line, folder)).not.toBe(before);
});

test("an editable package is used from where it is: its code may change", async () => {
  await write("lib/pyproject.toml", "");
  await write("lib/own.py", "A = 1");
  const read = async () => [await localPackages("-e ./lib", folder), await localPackages("./lib", folder)];
  const [editable, installed] = await read();
  await write("lib/own.py", "A = 2");
  await write("lib/build/left-over", "");
  const [editableAfter, installedAfter] = await read();
  expect(editableAfter).toBe(editable);
  expect(installedAfter).not.toBe(installed);
});

test("what is not there is for the installer to tell of", async () => {
  expect(await localPackages("./none\nnone.whl", folder)).toBe("");
});
