// A bundle is a single file, so it carries those that a module reads from beside itself: `new URL("iris.csv", import.meta.url)`.
import { readFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import { promisify } from "node:util";
import { zstdCompress } from "node:zlib";
import type { Plugin } from "esbuild";
import { MillraceError } from "../../lib/errors.ts";
import { ownFiles } from "../../lib/flow/source/own-files.ts";

/** In bytes. A function's code may have 250 MB, and each cold start reads it. */
const most = 20_000_000;

const scheme = "millrace-file:";

/**
 * Lets a module's URLs of files beside it be those of copies that the bundle writes where it runs. A URL of what is no file stays as it is.
 *
 * @param path of the module
 * @param code the module as JavaScript
 */
export async function embedFiles(path: string, code: string): Promise<string> {
  let embedded = code;
  // From the last to the first, so that the places of those before stay right.
  for (const { file, start, end } of await ownFiles(path, code)) {
    const name = `__file${start}`;
    embedded = `${embedded.slice(0, start)}/* @__PURE__ */ ${name}()${embedded.slice(end)}`;
    embedded += `\nimport ${name} from ${JSON.stringify(scheme + file)};`;
  }
  return embedded;
}

/** The modules that the rest of a bundle gets a file's copy from; one that nothing uses is dropped. */
export const fileModules: Plugin = {
  name: "files",
  setup({ initialOptions: { absWorkingDir = "." }, onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${scheme}`) }, ({ path, importer: module }) => {
      const file = path.slice(scheme.length);
      // The source map has this path, and is to be the same wherever the project stands.
      const name = relative(absWorkingDir, file);
      return { path: name, namespace: "file-copy", sideEffects: false, pluginData: { file, module } };
    });
    onLoad({ filter: /.*/, namespace: "file-copy" }, async ({ path, pluginData: { file, module } }) => {
      const content = await readFile(file);
      if (content.length > most) throw tooLarge(path, content.length, module);
      const packed = await promisify(zstdCompress)(content);
      return { contents: copyModule(basename(path), packed.toString("base64")), loader: "js" };
    });
  },
};

/** Writes the file when it is first asked for, to a folder that nobody else can have made. */
function copyModule(name: string, packed: string): string {
  return `import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { zstdDecompressSync } from "node:zlib";
let copy;
function write() {
  const file = join(mkdtempSync(join(tmpdir(), "millrace-")), ${JSON.stringify(name)});
  writeFileSync(file, zstdDecompressSync(Buffer.from(${JSON.stringify(packed)}, "base64")));
  return file;
}
export default () => pathToFileURL(copy ??= write());
`;
}

function tooLarge(path: string, size: number, module: string): MillraceError {
  const [megabytes, limit] = [size, most].map((bytes) => (bytes / 1e6).toFixed(1));
  return new MillraceError(
    "BUNDLE_FILE",
    `${basename(path)} has ${megabytes} MB; a step carries files of ${limit} MB at most.`,
    {
      fix: "Put it into S3, and let the step read it from there.",
      at: { file: relative(".", module) },
    },
  );
}
