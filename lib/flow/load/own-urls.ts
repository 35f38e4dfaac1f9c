import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildOptions, Plugin } from "esbuild";

/**
 * Keeps `import.meta.url`, `.filename` and `.dirname` what they are in the user's files, though the bundle lies elsewhere: a flow reads the data
 * beside it by them. Each file that uses them gets constants of its own, which the bundler keeps apart.
 */
export const ownUrls: { readonly options: Pick<BuildOptions, "define">; readonly plugin: Plugin } = {
  options: {
    define: {
      "import.meta.url": "__millraceUrl",
      "import.meta.filename": "__millraceFilename",
      "import.meta.dirname": "__millraceDirname",
    },
  },
  plugin: {
    name: "own-urls",
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, ({ path }) => {
        const code = readFileSync(path, "utf8");
        const [, kind = "js"] = /\.[cm]?([jt]sx?)$/.exec(path) ?? [];
        const loader = kind as "js" | "jsx" | "ts" | "tsx";
        if (!/import\s*\.\s*meta/.test(code)) return { contents: code, loader };
        const constants = `const __millraceUrl = ${JSON.stringify(pathToFileURL(path).href)}, __millraceFilename = ${JSON.stringify(path)}, __millraceDirname = ${JSON.stringify(dirname(path))};`;
        // On the first line, so that all others keep their numbers.
        return { contents: code.replace(/^(#!.*\n)?/, (first) => `${first}${constants}`), loader };
      });
    },
  },
};
