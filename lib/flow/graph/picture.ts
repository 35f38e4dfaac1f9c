import type { FlowDefinition, StepDefinition } from "../definition.ts";

/** What the pictures of a flow show. It takes the steps as they are, so that a graph with faults can be looked at too. */
export interface Picture {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

export interface Node {
  readonly step: string;
  readonly role: "terminal" | "body" | "join" | "plain";
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** One of several transitions that the step chooses from. */
  readonly choice: boolean;
  /** Taken once for each item. */
  readonly each: boolean;
}

export function picture(definition: FlowDefinition): Picture {
  const steps = Object.entries(definition.steps);
  const edges = steps.flatMap(([from, step]) => edgesOf(from, step));
  const bodies = new Set(edges.filter(({ each }) => each).map(({ to }) => to));
  const nodes = steps.map(([step, { inputs }]) => ({
    step,
    role: roleOf(step, inputs !== undefined, bodies.has(step)),
  }));
  return { nodes, edges };
}

function edgesOf(from: string, { transitions }: StepDefinition): Edge[] {
  const choice = transitions.length > 1;
  return transitions.flatMap((transition): Edge[] =>
    transition.kind === "foreach"
      ? [{ from, to: transition.body, choice, each: true }]
      : transition.steps.map((to) => ({ from, to, choice, each: false })),
  );
}

function roleOf(step: string, join: boolean, body: boolean): Node["role"] {
  if (join) return "join";
  if (body) return "body";
  return step === "start" || step === "end" ? "terminal" : "plain";
}
