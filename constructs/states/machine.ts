import type { FlowDefinition } from "../../lib/flow/definition.ts";
import { type Fold, fold } from "../../lib/flow/fold.ts";
import type { Machine } from "./asl.ts";
import { StateMachineError } from "./errors.ts";
import { ROOT } from "./expressions.ts";
import { BEGIN, checkNames } from "./names.ts";
import { RegionWriter } from "./regions.ts";
import { type Substitution, Substitutions } from "./substitutions.ts";
import { beginTask } from "./tasks.ts";

const MAX_BYTES = 1_048_576;

export interface StateMachine {
  /** In the Amazon States Language, with `${name}` where a resource's name or ARN must come. */
  readonly document: StateMachineDocument;
  readonly substitutions: readonly Substitution[];
}

export interface StateMachineDocument extends Machine {
  readonly Comment?: string;
  readonly QueryLanguage: "JSONata";
}

/**
 * Writes a flow as a Step Functions state machine: a Task state a step, a Parallel a split, a Map a foreach, a Choice where a step has several
 * transitions.
 *
 * @throws FoldError where the graph has no structure.
 * @throws StateMachineError where a name cannot stand in the document, or the document is larger than the service takes.
 */
export function stateMachine(definition: FlowDefinition, folded: Fold = fold(definition)): StateMachine {
  checkNames(definition);
  const substitutions = new Substitutions();
  const begin = beginTask(substitutions, folded.root.entry);
  const { States } = new RegionWriter(definition, folded, substitutions).write(folded.root, ROOT);
  const document: StateMachineDocument = {
    // CloudFormation would take a ${ of the text for a substitution.
    ...(definition.doc !== undefined && { Comment: definition.doc.replaceAll("${", "$ {") }),
    QueryLanguage: "JSONata",
    StartAt: BEGIN,
    States: { [BEGIN]: begin, ...States },
  };
  const size = Buffer.byteLength(JSON.stringify(document));
  if (size > MAX_BYTES) {
    throw new StateMachineError("MACHINE_SIZE", `The state machine of ${definition.name} has ${size} bytes.`, {
      fix: `Step Functions takes ${MAX_BYTES}. Make two flows of it, the one triggering the other.`,
    });
  }
  return { document, substitutions: substitutions.all };
}
