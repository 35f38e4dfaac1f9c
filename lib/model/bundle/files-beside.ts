import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Plugin } from "esbuild";
import { loweringOptions } from "../../flow/source/options.ts";
import { ownFiles } from "../../flow/source/own-files.ts";

/**
 * Lets a service's modules find in the bundle what they read from beside themselves: `new URL("labels.json", import.meta.url)`.
 *
 * @param files Gets the bytes of each by its path in the bundle, which is the same wherever the project stands.
 */
export function carryFiles(files: Map<string, Uint8Array>): Plugin {
  return {
    name: "files-beside",
    setup({ onLoad }) {
      onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: "file" }, async ({ path }) => {
        if (/[\\/]node_modules[\\/]/.test(path)) return undefined;
        const source = await readFile(path, "utf8");
        if (!source.includes("import.meta.url")) return undefined;
        const { transform } = await import("esbuild");
        // Names are kept when the whole is bundled: as calls, they would keep what nothing uses.
        let { code } = await transform(source, { ...loweringOptions(path), keepNames: false });
        for (const { file, start, end } of await ownFiles(path, code)) {
          const bytes = await readFile(file);
          const place = `files/${hash("sha256", bytes).slice(0, 12)}/${bundleName(file)}`;
          files.set(place, bytes);
          code = `${code.slice(0, start)}new URL(${JSON.stringify(`./${place}`)}, import.meta.url)${code.slice(end)}`;
        }
        return { contents: code, loader: "js" };
      });
    },
  };
}

/** Of what a path in a bundle may have. */
function bundleName(file: string): string {
  return basename(file)
    .replace(/[^\w.@+-]/g, "_")
    .replace(/^\./, "_.");
}
