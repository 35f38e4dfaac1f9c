import { createHash } from "node:crypto";
import { Lazy, Names } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { IFlowEnvironment } from "../flow-environment.ts";

/** What SageMaker allows of a name. */
const longest = 63;

/** The endpoint's name where none is given: known beforehand, so that roles, alarms and metrics may name it and it need not be there. */
export function endpointNameOf(scope: Construct, environment: IFlowEnvironment | undefined): string {
  const prefix = environment?.namePrefix ?? "millrace-";
  const maxLength = longest - prefix.length;
  return prefix + Names.uniqueResourceName(scope, { maxLength, separator: "-" }).toLowerCase();
}

/**
 * A name that an account's rules demand, of what can't be changed in place: with the content the name changes, so that CloudFormation can put
 * the new one beside the old one. Without a prefix CloudFormation chooses such a name itself.
 */
export function nameByContent(scope: Construct, prefix: string | undefined, content: unknown): string | undefined {
  if (prefix === undefined) return undefined;
  const digits = 12;
  const separator = "-";
  const name = Names.uniqueResourceName(scope, { maxLength: longest - prefix.length - digits - 1, separator });
  return Lazy.uncachedString({
    produce: (context) => {
      const hash = createHash("sha256").update(JSON.stringify(context.resolve(content)));
      return `${prefix}${name}-${hash.digest("hex").slice(0, digits)}`;
    },
  });
}
