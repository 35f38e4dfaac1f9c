/**
 * A `${name}` in the document, and what whoever deploys it must put there. None may hold a quote, a backslash or a line's end.
 *
 * - `begin`: the ARN of the function that begins a run
 * - `function`: the ARN of the published version of a step's function
 * - `job`, `queue`: the ARNs of a step's Batch job definition and queue
 * - `table`: the name of the table of records
 * - `flow`: the flow and its branch, as `flow@branch`
 */
export type Substitution =
  | { readonly name: string; readonly kind: "begin" | "table" | "flow" }
  | { readonly name: string; readonly kind: "function" | "job" | "queue"; readonly step: string };

const shared = { begin: "BeginFunction", table: "Table", flow: "FlowKey" } as const;
const suffixes = { function: "Function", job: "Job", queue: "Queue" } as const;

/** Names the substitutions of a document and remembers which it has. CloudFormation takes letters and digits only. */
export class Substitutions {
  readonly #byName = new Map<string, Substitution>();
  readonly #names = new Set<string>(Object.values(shared));

  get all(): readonly Substitution[] {
    return [...this.#byName.values()];
  }

  shared(kind: keyof typeof shared): string {
    const name = shared[kind];
    this.#byName.set(name, { name, kind });
    return `\${${name}}`;
  }

  /** To be asked for once for each step and kind. */
  ofStep(kind: keyof typeof suffixes, step: string): string {
    const base = step.replace(/[^A-Za-z0-9]/g, "") + suffixes[kind];
    let name = base;
    for (let next = 2; this.#names.has(name); next++) name = `${base}${next}`;
    this.#names.add(name);
    this.#byName.set(name, { name, kind, step });
    return `\${${name}}`;
  }
}
