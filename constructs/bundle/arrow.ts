import type { Plugin } from "esbuild";

/** Beside a Lambda step's bundle. */
export const arrowFile = "apache-arrow.mjs";

/**
 * The package `apache-arrow` as one module, where it is found from the folder. Which artifacts are tables shows only when they are read: so each
 * step carries it, in a module of its own that is not loaded before.
 */
export async function bundleArrow(folder: string): Promise<string | undefined> {
  const { build } = await import("esbuild");
  const options = { bundle: true, write: false, format: "esm", platform: "node", target: "node24" } as const;
  const entry = { contents: 'export * from "apache-arrow";', resolveDir: folder };
  const built = build({ ...options, stdin: entry, minify: true, legalComments: "none", logLevel: "silent" });
  const { outputFiles } = await built.catch(() => ({ outputFiles: [] }));
  return outputFiles[0]?.text;
}

/** The runtime and the flow share one copy: a file beside the bundle on Lambda; within it on Batch, where a job fetches a single file. */
export function withArrow(arrow: string | undefined, kind: "lambda" | "batch"): Plugin {
  return {
    name: "arrow",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^apache-arrow$/ }, ({ path, namespace }) => {
        // The flow's own import is then an error of the build; the runtime's one, where there is a table to be read.
        if (arrow === undefined) return namespace === "millrace" ? { path, external: true } : undefined;
        return kind === "lambda"
          ? { path: `./${arrowFile}`, external: true }
          : { path, namespace: "arrow", sideEffects: false };
      });
      onLoad({ filter: /.*/, namespace: "arrow" }, () => ({ contents: arrow ?? "", loader: "js" }));
    },
  };
}
