import type { AnyNode } from "acorn";
import type { Foreach } from "../definition.ts";
import type { MemberSource } from "./members.ts";
import type { Finding } from "./transitions.ts";

type Options = Pick<Foreach, "maxConcurrency" | "max" | "batch" | "tolerate">;

const names: ReadonlySet<string> = new Set(["maxConcurrency", "max", "batch", "tolerate"] satisfies (keyof Options)[]);

/** The options of a foreach. They are read, not run, since the graph must be known before any task runs: so only literals will do. */
export function readForeachOptions(
  step: string,
  node: AnyNode | undefined,
  { code }: MemberSource,
): { options: Options; findings: Finding[] } {
  const options: Record<string, number> = {};
  const findings: Finding[] = [];
  const refuse = (node: AnyNode, what: string) =>
    findings.push({
      code: "FOREACH_OPTIONS",
      message: `${step} has a foreach with ${what}.`,
      fix: "Write its options as literals: { maxConcurrency: 40, max: 1000, batch: 10, tolerate: 0.1 }.",
      node,
    });
  if (node === undefined) return { options, findings };
  if (node.type !== "ObjectExpression") {
    refuse(node, `the options ${code.slice(node.start, node.end)}, which are no object literal`);
    return { options, findings };
  }
  for (const property of node.properties) {
    const text = code.slice(property.start, property.end);
    if (property.type !== "Property" || property.computed || property.method) {
      refuse(property, `the option ${text}, which is no literal`);
      continue;
    }
    const name =
      property.key.type === "Identifier"
        ? property.key.name
        : String("value" in property.key ? property.key.value : "");
    const value = numberOf(property.value);
    if (!names.has(name)) refuse(property, `the unknown option ${name}`);
    else if (value === undefined) refuse(property, `the option ${text}, which is no number literal`);
    else options[name] = value;
  }
  return { options, findings };
}

/** A number, or a product of numbers such as `40 * 1000`. */
function numberOf(node: AnyNode): number | undefined {
  if (node.type === "Literal") return typeof node.value === "number" ? node.value : undefined;
  if (node.type === "UnaryExpression" && node.operator === "-") {
    const value = numberOf(node.argument);
    return value === undefined ? undefined : -value;
  }
  if (node.type !== "BinaryExpression" || (node.operator !== "*" && node.operator !== "/")) return undefined;
  const [left, right] = [numberOf(node.left), numberOf(node.right)];
  if (left === undefined || right === undefined) return undefined;
  return node.operator === "*" ? left * right : left / right;
}
