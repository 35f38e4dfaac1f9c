import type {
  AnyNode,
  ArrowFunctionExpression,
  FunctionDeclaration,
  FunctionExpression,
  MemberExpression,
} from "acorn";

export type FunctionNode = FunctionExpression | FunctionDeclaration | ArrowFunctionExpression;

/** Calls `take` for each node directly inside of a node, in the order of the source. */
export function eachChild(node: AnyNode, take: (child: AnyNode) => void): void {
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const element of value) if (isNode(element)) take(element);
    } else if (isNode(value)) take(value);
  }
}

/** Visits a node and all nodes inside of it, as long as `visit` does not say `false`. */
export function walk(node: AnyNode, visit: (node: AnyNode) => false | undefined): void {
  if (visit(node) !== false) eachChild(node, (child) => walk(child, visit));
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The name of the member, where the source tells it: `o.x`, `o["x"]`. */
export function memberName({ property, computed }: MemberExpression): string | undefined {
  if (!computed) return property.type === "Identifier" ? property.name : undefined;
  if (property.type === "Literal" && typeof property.value === "string") return property.value;
  return undefined;
}

/** The name of the member of `this`; `undefined` of any other expression. */
export function memberOfThis(node: AnyNode): string | undefined {
  return node.type === "MemberExpression" && node.object.type === "ThisExpression" ? memberName(node) : undefined;
}

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === "FunctionExpression" || node.type === "FunctionDeclaration" || node.type === "ArrowFunctionExpression"
  );
}

/** The names that a destructuring of an object picks, `undefined` where it takes more than what it names. */
export function pickedNames(pattern: AnyNode): string[] | undefined {
  if (pattern.type !== "ObjectPattern") return undefined;
  const names: string[] = [];
  for (const property of pattern.properties) {
    if (property.type !== "Property" || property.computed) return undefined;
    if (property.key.type === "Identifier") names.push(property.key.name);
    else if (property.key.type === "Literal") names.push(String(property.key.value));
  }
  return names;
}
