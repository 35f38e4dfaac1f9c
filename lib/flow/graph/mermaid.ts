import type { FlowDefinition } from "../definition.ts";
import { type Edge, type Node, picture } from "./picture.ts";

const shapes: Readonly<Record<Node["role"], readonly [string, string]>> = {
  terminal: ["([", "])"],
  body: ["[[", "]]"],
  join: ["{{", "}}"],
  plain: ["[", "]"],
};

/**
 * The flow as a Mermaid flowchart. A join is a hexagon, the body of a foreach has double sides, and its edge says "each"; where a step chooses,
 * the edges are dashed.
 *
 * @example
 * flowchart TD
 *   s0(["start"])
 *   s1(["end"])
 *   s0 --> s1
 */
export function mermaid(definition: FlowDefinition): string {
  const { nodes, edges } = picture(definition);
  const ids = new Map(nodes.map(({ step }, index) => [step, `s${index}`]));
  const shown = nodes.map(({ step, role }) => `${ids.get(step)}${shapes[role][0]}"${encode(step)}"${shapes[role][1]}`);
  const drawn = edges
    .filter(({ to }) => ids.has(to))
    .map((edge) => `${ids.get(edge.from)} ${arrow(edge)} ${ids.get(edge.to)}`);
  return `${["flowchart TD", ...shown, ...drawn].join("\n  ")}\n`;
}

function arrow({ choice, each }: Edge): string {
  return `${choice ? "-.->" : "-->"}${each ? "|each|" : ""}`;
}

/** Everything that Mermaid or HTML could take for markup becomes one of Mermaid's entity codes. */
function encode(text: string): string {
  return text.replace(/[^\p{L}\p{N}_$ .-]/gu, (character) => `#${character.codePointAt(0)};`);
}
