import { MillraceError } from "../../errors.ts";

/** The code of {@link DeploymentFailedError}, by which the state machine knows it. */
export const DEPLOYMENT_FAILED = "DEPLOYMENT_FAILED";

/** An endpoint did not come into service with what a step has made; what was there before answers on. */
export class DeploymentFailedError extends MillraceError {
  readonly reason: string;

  constructor(endpoint: string, reason: string, fix: string, cause?: unknown) {
    super(DEPLOYMENT_FAILED, `The endpoint ${endpoint} did not come into service: ${reason}`, { fix, cause });
    this.reason = reason;
  }
}
