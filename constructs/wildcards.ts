import { Stack, Validations } from "aws-cdk-lib";
import { CfnManagedPolicy, CfnPolicy, type IRole } from "aws-cdk-lib/aws-iam";

/** Why a role's statements name resources by pattern: by how the resource ends. */
export type Reasons = Readonly<Record<string, string>>;

const everyResource =
  "These actions know no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/.";

/**
 * Tells cdk-nag why a role's policies have wildcards. It wants each acknowledged by the resource as the template has it, which is known when
 * references between stacks are settled: just before synthesis, when validations run. A wildcard without a reason is still reported.
 */
export function acknowledgeWildcards(role: IRole, reasons: Reasons): void {
  role.node.addValidation({
    validate() {
      for (const resource of resourcesOf(role)) {
        const reason = resource === "*" ? everyResource : reasonFor(resource, reasons);
        if (reason) Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
      }
      return [];
    },
  });
}

function reasonFor(resource: string, reasons: Reasons): string | undefined {
  return Object.entries(reasons).find(([end]) => resource.endsWith(end))?.[1];
}

function resourcesOf(role: IRole): Set<string> {
  const policies = role.node.findAll().filter((node) => node instanceof CfnPolicy || node instanceof CfnManagedPolicy);
  const statements = policies.flatMap((policy) => Stack.of(policy).resolve(policy.policyDocument).Statement);
  const resources = statements.flatMap(({ Resource }) => Resource).map(flatten);
  return new Set(resources.filter((resource) => resource.includes("*")));
}

/** A reference of the template as cdk-nag writes it. */
function flatten(value: unknown): string {
  if (typeof value === "string") return value.replaceAll("${", "<").replaceAll("}", ">");
  const [[kind, content] = ["", undefined]] = Object.entries(value ?? {});
  if (kind === "Fn::Join" && Array.isArray(content)) return content[1].map(flatten).join(content[0]);
  if (kind === "Fn::GetAtt" && Array.isArray(content)) return `<${content.map(flatten).join(".")}>`;
  if (kind === "Fn::ImportValue" || kind === "Fn::Sub") return flatten(content);
  return kind === "Ref" ? `<${content}>` : JSON.stringify(value);
}
