import { type ErrorDetails, MillraceError } from "../lib/errors.ts";

/** What keeps a flow from being deployed; raised while the app is synthesized. */
export class DeployError extends MillraceError {
  constructor(message: string, fix: string, details: Omit<ErrorDetails, "fix"> = {}) {
    super("DEPLOY", message, { ...details, fix });
  }
}
