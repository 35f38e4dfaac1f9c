/**
 * The JSONata of the state machine. Each function gives the text of an expression over `$states.input`, which is a `StepState`; the texts agree
 * with `lib/flow/path.ts` and `lib/metadata/keys.ts`.
 */

import { ITERATIONS_PER_SHARD, MAX_SHARDS } from "../../lib/metadata/keys.ts";
import type { Template } from "./asl.ts";

/** What is known, when the machine is written, of the states inside of a region. */
export interface Around {
  /** How many foreachs are around. */
  readonly depth: number;
  /** Whether the visit may be above 0. */
  readonly loops: boolean;
  /** Whether the path may end with a `~visit`. */
  readonly marked: boolean;
  /** Whether a distributed Map is around, so that states run in a child execution. */
  readonly distributed: boolean;
}

export const ROOT: Around = { depth: 0, loops: false, marked: false, distributed: false };

/** As the whole of a string in the document. */
export function evaluated(expression: string): string {
  return `{% ${expression} %}`;
}

/** The fields of a `StepState`, some of them changed or added: expressions in which the fields of the old one are plain names. */
export function stepState(around: Around, changes: Readonly<Record<string, string>>): string {
  const fields = Object.entries(fieldsOf(around, changes)).map(([name, value]) => `'${name}': ${value}`);
  return `$states.input.{${fields.join(", ")}}`;
}

/** The same for a Map's ItemSelector, which is an object of expressions and no expression itself. */
export function stepStateTemplate(around: Around, changes: Readonly<Record<string, string>>): Template {
  const template = (value: string): Template => {
    if (/^\d+$/.test(value)) return Number(value);
    return evaluated(/^\w+$/.test(value) ? `$states.input.${value}` : `$states.input.(${value})`);
  };
  const fields = Object.entries(fieldsOf(around, changes));
  return Object.fromEntries(fields.map(([name, value]) => [name, template(value)]));
}

/** The task just done, as those after it name it. */
export function fromStep(step: string): string {
  return `'${step}/' & path & '/' & visit`;
}

/** The path of the branches of a split; `undefined` where it is always the same as outside. */
export function branchPath(around: Around): string | undefined {
  const nonzero = around.loops ? ["visit > 0"] : [];
  const behindMark = around.marked ? ["$contains($split(path, '.')[-1], '~')"] : [];
  const conditions = [...nonzero, ...behindMark];
  return conditions.length === 0 ? undefined : `(${conditions.join(" or ")} ? path & '~' & visit : path)`;
}

/** The path of an iteration: `prefix` is the expression that {@link branchPath} gives, or a field that holds its value. */
export function iterationPath(around: Around, index: string, prefix = branchPath(around) ?? "path"): string {
  if (around.depth > 0) return `${prefix} & '.' & ${index}`;
  if (!around.loops && !around.marked) return `$string(${index})`;
  return `($p := ${prefix}; $p = '' ? $string(${index}) : $p & '.' & ${index})`;
}

/** How many iterations the foreachs around an iteration have, that of the splitter's `n` included. */
export function iterationCounts(around: Around): string {
  return around.depth > 0 ? "counts & '.' & n" : "$string(n)";
}

/** The partition of the task's record, less its flow and run. */
export function shard(around: Around): string {
  if (around.depth === 0) return "0";
  const count = around.depth > 1 ? "$number($split(counts, '.')[-1])" : "$number(counts)";
  const index = "$number($split($split(path, '.')[-1], '~')[0])";
  return `${index} % $min([${MAX_SHARDS}, $ceil(${count} / ${ITERATIONS_PER_SHARD})])`;
}

function fieldsOf(around: Around, changes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = { run: "run", path: "path", visit: "visit", from: "from" };
  return { ...kept, ...(around.depth > 0 && { counts: "counts" }), ...changes };
}
