import { AwsError, CredentialsError } from "../../aws/errors.ts";
import { remedyFor } from "../../aws/failures.ts";
import { isMillraceError, MillraceError } from "../../errors.ts";
import type { ServiceModel } from "./models.ts";

/** What another try would not mend: not the services' moods, nor the network's, nor what nobody expects. */
export function isFinal(error: unknown): boolean {
  if (error instanceof AwsError) return remedyFor(error) === "give up";
  return isMillraceError(error) && !(error instanceof CredentialsError);
}

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

/** A model needs what the image of its service does not have: that is made when the flow is deployed, before there is a model. */
export class ModelNeedsError extends MillraceError {
  constructor(service: string, { path, ref }: ServiceModel, lacks: string, fix: string) {
    super(
      "MODEL_NEEDS",
      `The model ${path} of ${service} is ${ref.type}, and the image of ${service} has no ${lacks}.`,
      {
        fix: `${fix}, and deploy the flow again.`,
      },
    );
  }

  /**
   * @param oneOf Of which one is enough.
   * @param names That the service is to name.
   */
  static npm(
    service: string,
    model: ServiceModel,
    oneOf: readonly string[],
    names: readonly string[],
  ): ModelNeedsError {
    const list = names.map((name) => `"${name}"`).join(", ");
    const fix = `Let ${service} name ${names.length > 1 ? "them" : "it"}: static override readonly packages = [${list}]`;
    return new ModelNeedsError(service, model, oneOf.join(" or "), fix);
  }

  /** @param lacks Where it is known. */
  static python(
    service: string,
    model: ServiceModel,
    lacks: string | undefined,
    language: "typescript" | "python",
  ): ModelNeedsError {
    const names = lacks === undefined ? "[]" : `["${lacks}"]`;
    const fix =
      language === "typescript"
        ? `Let ${service} name it: static override readonly python = { requirements: ${names} }`
        : `Add ${lacks} to the requirements of ${service}, or of the flow's python`;
    return new ModelNeedsError(service, model, lacks ?? "Python", fix);
  }

  /** A model that a service in Python has no reader of. */
  static node(service: string, model: ServiceModel): ModelNeedsError {
    return new ModelNeedsError(service, model, "reader of it in Python", "Let a service in TypeScript answer with it");
  }
}
