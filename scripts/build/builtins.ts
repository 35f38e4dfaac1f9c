import type { Plugin } from "rolldown";
import type { ESTree } from "rolldown/utils";

/**
 * An `import` of a module of Node's reads each of its members, and so loads what is behind them: of `node:fs` its promises and streams. Where it is
 * got, only what is used is loaded.
 */
export const builtins: Plugin = {
  name: "builtins",
  renderChunk(code) {
    const parts: string[] = [];
    let end = 0;
    for (const node of this.parse(code).body) {
      if (node.type !== "ImportDeclaration" || !node.source.value.startsWith("node:")) continue;
      parts.push(code.slice(end, node.start), got(node.source.value, node.specifiers));
      end = node.end;
    }
    return { code: parts.join("") + code.slice(end), map: null };
  },
};

function got(id: string, specifiers: readonly ESTree.ImportDeclarationSpecifier[]): string {
  const module = `process.getBuiltinModule("${id}")`;
  // Imported for what it does.
  if (specifiers.length === 0) return `${module};`;
  const whole = specifiers.flatMap((one) => (one.type === "ImportSpecifier" ? [] : [`${one.local.name} = ${module}`]));
  const named = specifiers.flatMap((one) => (one.type === "ImportSpecifier" ? [member(one)] : []));
  const members = named.length === 0 ? [] : [`{ ${named.join(", ")} } = ${module}`];
  return `const ${[...whole, ...members].join(", ")};`;
}

function member({ imported, local }: ESTree.ImportSpecifier): string {
  const name = imported.type === "Identifier" ? imported.name : imported.value;
  return name === local.name ? name : `${JSON.stringify(name)}: ${local.name}`;
}
