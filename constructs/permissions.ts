import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { deploymentKey, flowPartition, tableSchema } from "../lib/metadata/keys.ts";
import type { IFlowEnvironment } from "./flow-environment.ts";

/** Deployed flows have their records under the branch that the records' store looks at by default. */
export const branch = "main";

/** Models, which a step names as it runs, and what was made of what: an environment's flows share them. */
const sharedKeys = ["MODELS", "M#*", "L#*"];

const read = ["dynamodb:GetItem", "dynamodb:Query"];
const write = ["dynamodb:PutItem", "dynamodb:UpdateItem"];

/** What a task may do: read and write artifacts, and the records of its own flow. */
export function taskStatements(environment: IFlowEnvironment, flow: string): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
      resources: [environment.bucket.arnForObjects("blobs/*")],
    }),
    recordStatement(environment, flow, [...read, ...write]),
    keysStatement(environment, sharedKeys, [...read, ...write]),
    ...keyStatements(environment),
  ];
}

/** The records of an endpoint's deployments. */
export function deploymentStatement(environment: IFlowEnvironment, endpoint: string): PolicyStatement {
  return keysStatement(environment, ["ENDPOINTS", deploymentKey(endpoint, "").pk], [...read, ...write]);
}

/**
 * What shows a flow's runs: its records and artifacts, the models of the environment, and what was deployed.
 *
 * @param endpoints To which the flow deploys.
 */
export function readStatements(
  environment: IFlowEnvironment,
  flow: string,
  endpoints: readonly string[],
): PolicyStatement[] {
  const deployed = endpoints.map((endpoint) => deploymentKey(endpoint, "").pk);
  const shared = [...sharedKeys, ...(deployed.length > 0 ? ["ENDPOINTS", ...deployed] : [])];
  return [
    new PolicyStatement({ actions: ["s3:GetObject"], resources: [environment.bucket.arnForObjects("blobs/*")] }),
    recordStatement(environment, flow, read),
    keysStatement(environment, shared, read),
    ...keyStatements(environment, ["kms:Decrypt"]),
  ];
}

/** What reads the records of a flow's tasks. */
export function readRecordStatements(environment: IFlowEnvironment, flow: string): PolicyStatement[] {
  return [recordStatement(environment, flow, ["dynamodb:GetItem"]), ...keyStatements(environment, ["kms:Decrypt"])];
}

/** What records the end of any flow's run. */
export function endStatements(environment: IFlowEnvironment): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: [...read, ...write], resources: tableArns(environment) }),
    ...keyStatements(environment),
  ];
}

export function logStatement(logGroup: ILogGroup): PolicyStatement {
  return new PolicyStatement({
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [logGroup.logGroupArn],
  });
}

/** An ARN of Step Functions by the machine's name, so that nothing has to wait for the machine itself. */
export function statesArn(scope: Construct, resource: "stateMachine" | "execution" | "mapRun", name: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return Stack.of(scope).formatArn({ service: "states", resource, resourceName: name, arnFormat });
}

/** Access to the list of flows and to the flow's own items, which the first part of their partition key tells. */
function recordStatement(environment: IFlowEnvironment, flow: string, actions: string[]): PolicyStatement {
  const partition = flowPartition(flow, branch);
  return keysStatement(environment, ["FLOWS", partition, `${partition}#*`], actions);
}

/** Access to the items whose partition keys are like one of these. */
function keysStatement(environment: IFlowEnvironment, keys: readonly string[], actions: string[]): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: tableArns(environment),
    conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys } },
  });
}

function tableArns({ table }: IFlowEnvironment): string[] {
  return [table.tableArn, `${table.tableArn}/index/${tableSchema.index.name}`];
}

/** Use of the keys that encrypt the environment's bucket and table. */
function keyStatements(
  { encryptionKey, bucket, table }: IFlowEnvironment,
  actions = ["kms:Decrypt", "kms:GenerateDataKey"],
) {
  const keys = [encryptionKey, bucket.encryptionKey, table.encryptionKey].filter((key) => key !== undefined);
  const resources = [...new Set(keys.map((key) => key.keyArn))];
  return resources.length === 0 ? [] : [new PolicyStatement({ actions, resources })];
}
