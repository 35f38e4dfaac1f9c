import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { Flow } from "./flow.ts";
import type { FlowProps } from "./flow-props.ts";

export interface FlowStackProps extends StackProps, FlowProps {}

/** A flow in a stack of its own. */
export class FlowStack extends Stack {
  readonly flow: Flow;

  constructor(scope: Construct, id: string, props: FlowStackProps) {
    super(scope, id, props);
    this.flow = new Flow(this, "Flow", props);
    const { environment, stateMachine } = this.flow;
    new CfnOutput(this, "StateMachineArn", { value: stateMachine.stateMachineArn });
    new CfnOutput(this, "Table", { value: environment.table.tableName });
    new CfnOutput(this, "Bucket", { value: environment.bucket.bucketName });
  }
}
