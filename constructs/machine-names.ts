import { Annotations, Stack, Token } from "aws-cdk-lib";
import type { Construct, IConstruct } from "constructs";
import { DeployError } from "./errors.ts";

/** Characters of a state machine's name. */
const longest = 80;
/** Of each app: its flows by account, region and state machine. */
const taken = new WeakMap<IConstruct, Map<string, Construct>>();

/**
 * Tells at synthesis of two flows of an app whose state machines have the same name, which AWS would only say when the second one is deployed. Of
 * stacks that do not say where they are deployed to it is a warning: each may be meant for an account of its own.
 *
 * @throws DeployError where the name is too long.
 */
export function claimMachineName(flow: Construct, flowName: string, machineName: string): void {
  if (machineName.length > longest) {
    throw new DeployError(
      `The flow ${flowName} would be the state machine ${machineName}, a name of ${machineName.length} characters; Step Functions takes ${longest}.`,
      "Rename the flow, or give its FlowEnvironment a shorter namePrefix.",
    );
  }
  const { account, region } = Stack.of(flow);
  const names = taken.get(flow.node.root) ?? new Map<string, Construct>();
  taken.set(flow.node.root, names);
  const key = JSON.stringify([account, region, machineName].map((part) => (Token.isUnresolved(part) ? null : part)));
  const other = names.get(key);
  names.set(key, flow);
  if (other === undefined) return;
  const message =
    `There is another flow ${flowName}, at ${other.node.path}: both would be the state machine ${machineName}. ` +
    "Rename one of them (its class, or the name in its file), or give one a FlowEnvironment with a namePrefix of its own.";
  const isCertain = Stack.of(other) === Stack.of(flow) || ![account, region].some((part) => Token.isUnresolved(part));
  const annotations = Annotations.of(flow);
  if (isCertain) annotations.addError(message);
  else annotations.addWarningV2("millrace/constructs:flow-name", message);
}
