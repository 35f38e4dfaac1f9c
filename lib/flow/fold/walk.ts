export interface Walk {
  /** Depth-first from the entry. */
  readonly steps: readonly string[];
  /** The edges, by step and index among its successors, that close a cycle: every cycle has one. */
  readonly back: ReadonlyMap<string, ReadonlySet<number>>;
}

/**
 * Depth-first search without recursion, so that a flow may be thousands of steps long. `successors` has `undefined` for an edge that leaves
 * the graph.
 */
export function walk(entry: string, successors: (step: string) => readonly (string | undefined)[]): Walk {
  const steps: string[] = [];
  const back = new Map<string, Set<number>>();
  const seen = new Set<string>();
  const open = new Set<string>();
  const stack: { readonly step: string; readonly successors: readonly (string | undefined)[]; next: number }[] = [];
  const enter = (step: string) => {
    seen.add(step);
    open.add(step);
    steps.push(step);
    stack.push({ step, successors: successors(step), next: 0 });
  };

  enter(entry);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next === top.successors.length) {
      open.delete(top.step);
      stack.pop();
      continue;
    }
    const index = top.next++;
    const target = top.successors[index];
    if (target === undefined) continue;
    if (open.has(target)) back.set(top.step, (back.get(top.step) ?? new Set()).add(index));
    else if (!seen.has(target)) enter(target);
  }
  return { steps, back };
}
