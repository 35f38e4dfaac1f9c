import type { AnyNode, Class, MethodDefinition, Program } from "acorn";
import { walk } from "./nodes.ts";

/**
 * The classes of a module by the name that they have at run time. A lowered class may have another identifier (`_Train`, `Train2`); esbuild
 * then gives it its name by a call: `__name(_Train, "Train")`.
 */
export function findClasses(program: Program): Map<string, Class[]> {
  const found: { readonly node: Class; readonly identifier: string | undefined }[] = [];
  const renamed = new Map<string, string[]>();
  const add = (node: Class, identifier?: string) => found.push({ node, identifier: node.id?.name ?? identifier });
  walk(program, (node) => {
    if (node.type === "VariableDeclarator" && node.init?.type === "ClassExpression" && node.id.type === "Identifier") {
      add(node.init, node.id.name);
    } else if (node.type === "ClassDeclaration") {
      add(node, "default");
    } else {
      const [target, name] = namedBy(node) ?? [];
      if (target?.type === "Identifier") append(renamed, target.name, String(name));
    }
    return undefined;
  });
  const classes = new Map<string, Class[]>();
  for (const { node, identifier } of found) {
    const own = nameInside(node);
    const names = own === undefined ? renamed.get(identifier ?? "") : [own];
    for (const name of names ?? (identifier === undefined ? [] : [identifier])) append(classes, name, node);
  }
  return classes;
}

/** The methods of an instance, accessors included, by name. */
export function methodsOf(node: Class): Map<string, MethodDefinition[]> {
  const methods = new Map<string, MethodDefinition[]>();
  for (const member of node.body.body) {
    if (member.type !== "MethodDefinition" || member.static || member.kind === "constructor") continue;
    const name = keyName(member);
    if (name !== undefined) append(methods, name, member);
  }
  return methods;
}

function keyName({ key, computed }: MethodDefinition): string | undefined {
  if (key.type === "Identifier" && !computed) return key.name;
  return key.type === "Literal" && typeof key.value === "string" ? key.value : undefined;
}

/** What `__name(target, "name")` names. */
function namedBy(node: AnyNode): [AnyNode, string] | undefined {
  if (node.type !== "CallExpression" || node.callee.type !== "Identifier" || !/^__name\d*$/.test(node.callee.name)) {
    return undefined;
  }
  const [target, name] = node.arguments;
  return target !== undefined && name?.type === "Literal" ? [target, String(name.value)] : undefined;
}

/** The name that a class gives itself in a static block. */
function nameInside(node: Class): string | undefined {
  for (const member of node.body.body) {
    if (member.type !== "StaticBlock") continue;
    for (const statement of member.body) {
      const [target, name] = (statement.type === "ExpressionStatement" && namedBy(statement.expression)) || [];
      if (target?.type === "ThisExpression") return name;
    }
  }
  return undefined;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
