import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type AnyNode, type NewExpression, parse } from "acorn";
import { walk } from "./nodes.ts";

/** A file that a module reads from beside itself: `new URL("iris.csv", import.meta.url)`. */
export interface OwnFile {
  /** Absolute. */
  readonly file: string;
  /** Where the expression stands in the module. */
  readonly start: number;
  readonly end: number;
}

/**
 * The files that a module reads from beside itself, from its last line to its first. A URL of what is no file is left out.
 *
 * @param path of the module
 * @param code the module as JavaScript
 */
export async function ownFiles(path: string, code: string): Promise<readonly OwnFile[]> {
  const urls: NewExpression[] = [];
  walk(parse(code, { ecmaVersion: "latest", sourceType: "module", allowHashBang: true }), (node) => {
    if (isOwnUrl(node)) urls.push(node);
    return undefined;
  });
  const found = urls.reverse().map(async ({ start, end, arguments: given }) => {
    const file = resolve(dirname(path), String((given[0] as { value?: unknown }).value));
    return (await isFile(file)) ? [{ file, start, end }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** `new URL("a literal", import.meta.url)` */
function isOwnUrl(node: AnyNode): node is NewExpression {
  if (node.type !== "NewExpression" || node.callee.type !== "Identifier" || node.callee.name !== "URL") return false;
  const [name, base] = node.arguments;
  return (
    name?.type === "Literal" &&
    typeof name.value === "string" &&
    !URL.canParse(name.value) &&
    base?.type === "MemberExpression" &&
    base.object.type === "MetaProperty" &&
    base.property.type === "Identifier" &&
    base.property.name === "url"
  );
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}
