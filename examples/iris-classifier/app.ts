// A CDK app: the service on a SageMaker endpoint and on Lambda, with the version of the model that iris:production means now.
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { ModelEndpoint, ModelFunction } from "millrace/constructs";

const source = { service: "examples/iris-classifier/service.ts", models: { model: "iris:production" } };

const app = new App();

const onSageMaker = new Stack(app, "IrisEndpoint");
const endpoint = new ModelEndpoint(onSageMaker, "Endpoint", { source, serverless: { maxConcurrency: 10 } });
new CfnOutput(onSageMaker, "EndpointName", { value: endpoint.endpointName });

const onLambda = new Stack(app, "IrisFunction");
const iris = new ModelFunction(onLambda, "Function", { source });
new CfnOutput(onLambda, "FunctionName", { value: iris.function.functionName });
new CfnOutput(onLambda, "Url", { value: iris.url });
