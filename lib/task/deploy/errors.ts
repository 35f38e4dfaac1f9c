import { MillraceError } from "../../errors.ts";

/** An endpoint did not come into service with what a step has made; what was there before answers on. */
export class DeploymentFailedError extends MillraceError {
  /** By which the state machine knows it. */
  declare readonly code: "DEPLOYMENT_FAILED";
  readonly reason: string;

  constructor(endpoint: string, reason: string, fix: string, cause?: unknown) {
    super("DEPLOYMENT_FAILED", `The endpoint ${endpoint} did not come into service: ${reason}`, { fix, cause });
    this.reason = reason;
  }
}
