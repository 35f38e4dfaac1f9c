import type { FlowDefinition } from "../../lib/flow/definition.ts";

/** A split or foreach that is under way. */
interface Frame {
  readonly opening: string;
  readonly outside: Token;
  waiting: number;
  join?: string;
}

interface Token {
  readonly step: string;
  readonly frames: readonly { readonly frame: Frame; readonly branch: string }[];
}

/**
 * Runs a graph in the plainest way, with no thought of structure: a split or foreach puts a token on each branch, a step that declares inputs
 * waits for all of them. Answers with the openings around each step that was come by, or throws where the tokens get lost.
 *
 * @param decide a number for each decision: which transition, how many items
 */
export function runTokens(definition: FlowDefinition, decide: () => number, limit = 500): ReadonlyMap<string, string> {
  const around = new Map<string, string>();
  const tokens: Token[] = [{ step: "start", frames: [] }];
  for (let moves = 0; moves < limit; moves++) {
    const token = tokens.pop();
    if (token === undefined) return around;
    const { step, frames } = token;
    const { transitions } = definition.steps[step] ?? { transitions: [] };
    const chain = frames.map(({ frame, branch }) => `${frame.opening}:${branch}`).join(" ");
    if ((around.get(step) ?? chain) !== chain) throw new Error(`${step} is in ${around.get(step)} and in ${chain}`);
    around.set(step, chain);
    if (step === "end") {
      if (frames.length > 0 || tokens.length > 0) throw new Error(`end came inside of ${chain}`);
      return around;
    }
    const index = transitions.length === 0 ? -1 : decide() % transitions.length;
    const transition = transitions[index];
    if (transition === undefined) throw new Error(`${step} goes nowhere`);
    const targets = transition.kind === "foreach" ? [transition.body] : transition.steps;
    const isOpening = transition.kind === "foreach" || targets.length > 1;
    for (const target of isOpening ? targets : []) {
      if (definition.steps[target]?.inputs !== undefined) throw new Error(`${step} opens a branch with a join`);
    }
    if (isOpening) {
      const branches =
        transition.kind === "foreach" ? Array.from({ length: 1 + (decide() % 2) }, () => transition.body) : targets;
      const frame: Frame = { opening: `${step}/${index}`, outside: token, waiting: branches.length };
      for (const branch of branches) tokens.push({ step: branch, frames: [...frames, { frame, branch }] });
      continue;
    }
    const [target = ""] = targets;
    if (definition.steps[target]?.inputs === undefined) {
      tokens.push({ step: target, frames });
      continue;
    }
    const { frame } = frames.at(-1) ?? {};
    if (frame === undefined) throw new Error(`${step} goes to the join ${target}, but nothing was split`);
    frame.join ??= target;
    if (frame.join !== target) throw new Error(`${frame.opening} meets in ${frame.join} and in ${target}`);
    if (--frame.waiting === 0) tokens.push({ step: target, frames: frame.outside.frames });
  }
  return around;
}
