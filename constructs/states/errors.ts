import { type ErrorDetails, MillraceError } from "../../lib/errors.ts";

/** What keeps a flow from becoming a state machine: code `STEP_NAME` or `MACHINE_SIZE`. */
export class StateMachineError extends MillraceError {
  declare readonly code: "STEP_NAME" | "MACHINE_SIZE";

  constructor(code: "STEP_NAME" | "MACHINE_SIZE", message: string, details: ErrorDetails) {
    super(code, message, details);
  }
}
