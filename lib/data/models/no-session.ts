import { MillraceError } from "../../errors.ts";
import type { ModelSession } from "./session-model.ts";

/** In the runtime of steps on Lambda instead of what opens a model: the packages that run models are not there. */
export async function openSession(): Promise<ModelSession> {
  throw new MillraceError("PACKAGE_MISSING", "A step on Lambda has no package that runs the model.", {
    fix: 'Run it in a service, or give the step compute: { kind: "batch" } with an image that has the package.',
  });
}
