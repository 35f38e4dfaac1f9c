import type { Items } from "../data/items.ts";
import { unset } from "../flow/spec/fields.ts";
import { bindTask, type FlowClass, isFlowClass, type TaskState } from "../flow/spec/flow-spec.ts";
import { returnedTransition } from "../flow/spec/transitions.ts";
import type { TaskArtifacts } from "./artifacts.ts";
import { callUserCode } from "./failure.ts";
import type { StepContext } from "./protocol.ts";
import { chosenTransition, takenTransition } from "./transition.ts";

/** A handler of a flow that is written as a file: it gets the artifacts as attributes, and names the step that it chooses. */
export type Handler = (flow: object, inputs?: object) => unknown;

/** A step's code, bound to the task that runs it. */
export interface BoundBody {
  /** Has the artifacts as attributes. */
  readonly target: object;
  /** `items`: what the foreach goes over, where the step ends in one and handed them over itself. */
  run(inputs: object | undefined): Promise<{ readonly transition: number; readonly items?: Items }>;
}

/** The step's method, on an instance of the flow. */
function bindMethod(flow: FlowClass, context: StepContext, artifacts: TaskArtifacts, state: TaskState): BoundBody {
  const target = new flow();
  if (context.step === "start") artifacts.initialize(target, unset);
  artifacts.attach(target);
  bindTask(target, state);
  const method = (target as unknown as Record<string, () => unknown>)[context.step] as () => unknown;
  return {
    target,
    async run(inputs) {
      const given = context.role === "body" ? [state.input] : context.role === "join" ? [inputs] : [];
      const returned = returnedTransition(context.step, await callUserCode(method, target, given));
      const transition = takenTransition(context.step, context.definition, returned);
      return returned?.kind === "foreach" ? { transition, items: returned.items } : { transition };
    },
  };
}

/** A function of its own, on an object that has the artifacts and, as a flow has, `current`, `input` and `index`. */
function bindHandler(handler: Handler, context: StepContext, artifacts: TaskArtifacts, state: TaskState): BoundBody {
  const target = Object.create(state);
  artifacts.attach(target);
  return {
    target,
    async run(inputs) {
      const chosen = await callUserCode(handler, undefined, [target, inputs]);
      return { transition: chosenTransition(context.step, context.definition, chosen) };
    },
  };
}

export async function bindBody(
  body: unknown,
  context: StepContext,
  artifacts: TaskArtifacts,
  state: TaskState,
): Promise<BoundBody> {
  const own = context.definition.body;
  // Only where there is a command: a step's bundle for AWS is the smaller for it.
  if (own.kind === "command") return (await import("./command.ts")).bindCommand(own.command, context, artifacts, state);
  if (isFlowClass(body)) return bindMethod(body, context, artifacts, state);
  if (typeof body === "function") return bindHandler(body as Handler, context, artifacts, state);
  throw new TypeError(`The step ${context.step} has no code to run.`);
}
