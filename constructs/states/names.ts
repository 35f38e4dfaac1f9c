import type { Location } from "../../lib/errors.ts";
import type { FlowDefinition } from "../../lib/flow/definition.ts";
import { StateMachineError, type StateMachineErrorCode } from "./errors.ts";

const LONGEST = 80;

/** The first state; no step can have its name, since it has a space. */
export const BEGIN = "begin run";

/**
 * Refuses names of the flow and of steps that are no identifiers. They stand in JSONata strings and in CloudFormation substitutions, and a
 * quote, a `%}` or a `${` in one would end them; and the states that we add have a colon or a space in their names, so that no step can have
 * the same.
 *
 * @throws StateMachineError `FLOW_NAME`, `STEP_NAME`
 */
export function checkNames({ name, file, steps }: FlowDefinition): void {
  if (!fits(name)) throw misnamed("FLOW_NAME", name, "The flow's", file === undefined ? undefined : { file });
  for (const [step, { file: own = file, line }] of Object.entries(steps)) {
    const at = own === undefined ? undefined : { file: own, ...(line !== undefined && { line }) };
    if (!fits(step) || step === "__proto__") throw misnamed("STEP_NAME", step, "The step", at);
  }
}

function fits(name: string): boolean {
  return /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(name) && name.length <= LONGEST;
}

function misnamed(
  code: StateMachineErrorCode,
  name: string,
  whose: string,
  at: Location | undefined,
): StateMachineError {
  return new StateMachineError(code, `${whose} name ${JSON.stringify(name)} cannot stand in a state machine.`, {
    fix: `Use letters, digits, "_" and "-", beginning with a letter, ${LONGEST} characters at most.`,
    at,
  });
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
