import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";

/** Writes a package as pip installs it: a pure wheel with one module. */
export async function writeWheel(
  folder: string,
  name: string,
  version: string,
  code: string,
  tag = "py3-none-any",
): Promise<void> {
  const info = `${name}-${version}.dist-info`;
  const files = {
    [`${name}.py`]: code,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
  };
  const record = [...Object.keys(files).map((file) => `${file},,`), `${info}/RECORD,,`].join("\n");
  const content = Object.entries({ ...files, [`${info}/RECORD`]: record });
  await mkdir(folder, { recursive: true });
  const wheel = zipSync(Object.fromEntries(content.map(([file, text]) => [file, strToU8(text)])));
  await writeFile(join(folder, `${name}-${version}-${tag}.whl`), wheel);
}
