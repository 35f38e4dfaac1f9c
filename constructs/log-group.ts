import { ArnFormat, Stack } from "aws-cdk-lib";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { type ILogGroup, LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { IFlowEnvironment } from "./flow-environment.ts";

/** A log group with the environment's key and removal policy; kept for six months. */
export function createLogGroup(
  scope: Construct,
  id: string,
  environment: Pick<IFlowEnvironment, "encryptionKey" | "removalPolicy">,
  name?: string,
): ILogGroup {
  const key = environment.encryptionKey;
  if (key) {
    const { region } = Stack.of(scope);
    const groups = Stack.of(scope).formatArn({
      service: "logs",
      resource: "log-group",
      resourceName: "*",
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    key.grantEncryptDecrypt(
      new ServicePrincipal(`logs.${region}.amazonaws.com`, {
        conditions: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": groups } },
      }),
    );
  }
  return new LogGroup(scope, id, {
    ...(name === undefined ? {} : { logGroupName: name }),
    ...(key ? { encryptionKey: key } : {}),
    retention: RetentionDays.SIX_MONTHS,
    removalPolicy: environment.removalPolicy,
  });
}
