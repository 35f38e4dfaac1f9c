import type { FlowDefinition } from "../../lib/flow/definition.ts";
import { StateMachineError } from "./errors.ts";

const LONGEST = 80;

/** The first state; no step can have its name, since it has a space. */
export const BEGIN = "begin run";

/**
 * Refuses step names that are no identifiers. The names stand in JSONata strings and in CloudFormation substitutions, and a quote, a `%}` or a
 * `${` in one would end them; and the states that we add have a colon or a space in their names, so that no step can have the same.
 *
 * @throws StateMachineError `STEP_NAME`
 */
export function checkStepNames(definition: FlowDefinition): void {
  for (const [step, { file = definition.file, line }] of Object.entries(definition.steps)) {
    const fits = step !== "__proto__" && /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(step);
    if (fits && step.length <= LONGEST) continue;
    throw new StateMachineError("STEP_NAME", `The step name ${JSON.stringify(step)} cannot be a state's name.`, {
      fix: `Name it with letters, digits, "_" and "-", beginning with a letter, in at most ${LONGEST} characters.`,
      at: file === undefined ? undefined : { file, ...(line !== undefined && { line }) },
    });
  }
}

/** Names for the states around the steps, such as `fit: each`: unique in the machine, as long as the service allows. */
export class StateNames {
  readonly #used = new Set<string>();

  of(step: string, what: string): string {
    for (let turn = 1; ; turn++) {
      const suffix = turn === 1 ? `: ${what}` : `: ${what} ${turn}`;
      const name = `${step.slice(0, LONGEST - suffix.length)}${suffix}`;
      if (this.#used.has(name)) continue;
      this.#used.add(name);
      return name;
    }
  }
}
