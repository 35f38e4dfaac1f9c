// A CDK app: the service in Python on an instance of SageMaker, with the newest version of the model in the store.
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { ModelEndpoint } from "millrace/constructs";

const source = { service: "examples/iris-svm/service.py", models: { model: "iris-svm" } };

const stack = new Stack(new App(), "SvmEndpoint");
const endpoint = new ModelEndpoint(stack, "Endpoint", { source, instanceType: "ml.m5.large" });
new CfnOutput(stack, "EndpointName", { value: endpoint.endpointName });
