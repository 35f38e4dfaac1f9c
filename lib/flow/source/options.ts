import type { TransformOptions } from "esbuild";

/**
 * How flows are lowered, wherever that happens: decorators become plain calls (esbuild keeps them for every target but a Node version), class
 * fields stay fields, and no tsconfig of the user's changes either.
 */
export const lowering = {
  target: "node22.18",
  keepNames: true,
  tsconfigRaw: { compilerOptions: { experimentalDecorators: false, useDefineForClassFields: true } },
} as const satisfies TransformOptions;

/** The line of a flow's bundle behind which the user's code begins: the compiler's helpers, before it, are most of a small flow. */
export const helpersEnd = "//# helpers end";

/** The options of one file's transformation; the language follows from the file's extension. */
export function loweringOptions(file: string): TransformOptions {
  const [, kind = "ts"] = /\.[cm]?([jt]sx?)$/.exec(file) ?? [];
  return { ...lowering, format: "esm", loader: kind as "js" | "jsx" | "ts" | "tsx", sourcefile: file };
}
