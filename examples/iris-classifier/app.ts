// A CDK app: the service on a SageMaker endpoint, with the version of the model that iris:production means now.
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { ModelEndpoint } from "millrace/constructs";

const source = { service: "examples/iris-classifier/service.ts", models: { model: "iris:production" } };

const app = new App();
const stack = new Stack(app, "IrisEndpoint");
const endpoint = new ModelEndpoint(stack, "Endpoint", { source, serverless: { maxConcurrency: 10 } });
new CfnOutput(stack, "EndpointName", { value: endpoint.endpointName });
