import type { FlowDefinition } from "../definition.ts";
import { type Edge, type Node, picture } from "./picture.ts";

const shapes: Readonly<Record<Node["role"], string>> = {
  terminal: "oval",
  body: "box3d",
  join: "hexagon",
  plain: "box",
};

/**
 * The flow in Graphviz's language, with the same signs as `mermaid`.
 *
 * @example
 * digraph "Train" {
 *   node [fontname="Helvetica"];
 *   "start" [shape=oval];
 *   "end" [shape=oval];
 *   "start" -> "end";
 * }
 */
export function dot(definition: FlowDefinition): string {
  const { nodes, edges } = picture(definition);
  const steps = new Set(nodes.map(({ step }) => step));
  const lines = [
    'node [fontname="Helvetica"];',
    ...nodes.map(({ step, role }) => `${quote(step)} [shape=${shapes[role]}];`),
    ...edges
      .filter(({ to }) => steps.has(to))
      .map((edge) => `${quote(edge.from)} -> ${quote(edge.to)}${attributes(edge)};`),
  ];
  return `digraph ${quote(definition.name)} {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
}

function attributes({ choice, each }: Edge): string {
  const list = [...(choice ? ["style=dashed"] : []), ...(each ? ['label="each"'] : [])];
  return list.length === 0 ? "" : ` [${list.join(", ")}]`;
}

/** A backslash would begin one of Graphviz's escapes, as `\N` for the node's name. */
function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll(/\r?\n/g, " ")}"`;
}
