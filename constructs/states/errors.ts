import { type ErrorDetails, MillraceError } from "../../lib/errors.ts";

export type StateMachineErrorCode = "FLOW_NAME" | "STEP_NAME" | "MACHINE_SIZE";

/** What keeps a flow from becoming a state machine. */
export class StateMachineError extends MillraceError {
  declare readonly code: StateMachineErrorCode;

  constructor(code: StateMachineErrorCode, message: string, details: ErrorDetails) {
    super(code, message, details);
  }
}
