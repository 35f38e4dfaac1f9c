import { isBuiltin } from "node:module";
import { sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

/**
 * Leaves packages out of the bundle: each import is resolved from the file that it stands in and becomes the file's URL, so that the bundle
 * finds it from wherever it lies. What resolves to a file outside of `node_modules`, a path of tsconfig or a package of the same workspace,
 * is the user's own code and goes into the bundle. `millrace` is always this very copy of the package.
 *
 * @param found takes the files that the bundle imports
 */
export function packagesOutside(found: Set<string>): Plugin {
  return {
    name: "packages-outside",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind === "entry-point" || pluginData === found) return undefined;
        if (isBuiltin(path) || /^(?:data|https?|file):/.test(path)) return { path, external: true };
        const own = ownModule(path);
        if (own !== undefined) {
          found.add(fileURLToPath(own));
          return { path: own, external: true };
        }
        const resolved = await build.resolve(path, { kind, importer, resolveDir, pluginData: found });
        if (resolved.errors.length > 0 || resolved.external || !resolved.path.includes(`${sep}node_modules${sep}`)) {
          return resolved;
        }
        found.add(resolved.path);
        return { path: pathToFileURL(resolved.path).href, external: true };
      });
    },
  };
}

/** The URL of a module of this package; `undefined` where the specifier names another package. */
function ownModule(specifier: string): string | undefined {
  const [, name] = /^millrace(?:\/(.+))?$/.exec(specifier) ?? [];
  if (specifier !== "millrace" && name === undefined) return undefined;
  // As TypeScript this package runs from its sources: its tests do.
  if (import.meta.url.endsWith(".ts"))
    return new URL(`../../${name === undefined ? "" : `${name}/`}index.ts`, import.meta.url).href;
  return import.meta.resolve(specifier);
}
