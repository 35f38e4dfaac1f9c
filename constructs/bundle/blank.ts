import { pathToFileURL } from "node:url";
import { methodsOf } from "../../lib/flow/source/classes.ts";
import { readModule } from "../../lib/flow/source/module.ts";
import { loweringOptions } from "../../lib/flow/source/options.ts";

/**
 * A module of the flow's with the bodies of all steps but one taken out, and with them what only they used: first functions and constants of
 * the module, then imports.
 *
 * @param classes the names of the flow's class and of those that it extends
 */
export async function blankSteps(
  path: string,
  classes: readonly string[],
  others: ReadonlySet<string>,
): Promise<string | undefined> {
  const module = readModule(pathToFileURL(path).href);
  if (module === undefined) return undefined;
  const bodies = classes
    .flatMap((name) => module.classes.get(name) ?? [])
    .flatMap((node) => [...methodsOf(node)])
    .flatMap(([name, methods]) => (others.has(name) ? methods.map((method) => method.value.body) : []));
  let { code } = module;
  for (const { start, end } of bodies) code = code.slice(0, start) + blank(code.slice(start, end)) + code.slice(end);
  const { transform } = await import("esbuild");
  // As TypeScript, whose unused imports esbuild drops; those of JavaScript it keeps for their side effects.
  const shaken = await transform(code, {
    ...loweringOptions(path),
    loader: "ts",
    treeShaking: true,
    sourcemap: "inline",
  });
  return shaken.code;
}

/** An empty body of the same shape, so that the source map still fits. */
function blank(body: string): string {
  return `{${body.slice(1, -1).replaceAll(/[^\n]/g, " ")}}`;
}
