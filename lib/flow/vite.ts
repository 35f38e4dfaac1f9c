import { loweringOptions } from "./source/options.ts";

/** What Vite asks of a plugin, as far as this one goes; spelled out here so that the package does not depend on Vite. */
export interface VitePlugin {
  readonly name: string;
  readonly enforce: "pre";
  transform(code: string, id: string): Promise<{ code: string; map: string } | undefined>;
}

/**
 * The plugin that runs flows under Vite and vitest. Neither of them runs standard decorators as they stand, so the files that use `@step` or `@api` are
 * lowered by esbuild, with source maps; all other files are left to Vite.
 *
 * @example
 * ```ts
 * import { millrace } from "millrace/vite";
 * import { defineConfig } from "vitest/config";
 *
 * export default defineConfig({ plugins: [millrace()] });
 * ```
 */
export function millrace(): VitePlugin {
  return {
    name: "millrace",
    enforce: "pre",
    async transform(code, id) {
      const file = id.replace(/[?#].*$/, "");
      if (!/\.[cm]?[jt]sx?$/.test(file) || file.includes("/node_modules/") || !declaresSteps(code)) return undefined;
      const { transform } = await import("esbuild");
      const lowered = await transform(code, { ...loweringOptions(file), sourcemap: "external" });
      return { code: lowered.code, map: lowered.map };
    },
  };
}

/** Whether a module decorates methods with `step` or `api`, imported under that name or as a member of a namespace. */
function declaresSteps(code: string): boolean {
  return /@(?:\w+\.)?(?:step|api)\b/.test(code) && /\bimport\b/.test(code);
}
