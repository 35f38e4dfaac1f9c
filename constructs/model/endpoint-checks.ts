import { type Duration, Token } from "aws-cdk-lib";
import { DeployError } from "../errors.ts";
import type { ModelEndpointProps, ModelVariant } from "./endpoint-props.ts";
import { hasLocalStorage } from "./local-storage.ts";

/** Of all variants, with what the endpoint gives them. */
export type Variants = readonly ModelVariant[];

/** What SageMaker would refuse after minutes. @throws DeployError with the fix. */
export function checkEndpoint(props: ModelEndpointProps, variants: Variants): void {
  oneOf("build", props.build, ["docker", "codebuild"]);
  checkNetwork(props);
  checkVariants(variants);
  if (props.serverless) checkServerless(props, variants);
  else for (const variant of variants) checkInstances(variant, props);
  checkDeployment(props, variants);
  const { dataCapture, asynchronous } = props;
  whole("dataCapture.percentage", dataCapture?.percentage, 1, 100);
  whole("asynchronous.maxConcurrentInvocations", asynchronous?.maxConcurrentInvocations, 1, 1000);
}

/** @throws DeployError where it is none that SageMaker takes. */
export function checkName(what: string, name: string): void {
  if (Token.isUnresolved(name) || /^[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}$/.test(name)) return;
  throw new DeployError(
    `The ${what} ${JSON.stringify(name)} is none that SageMaker takes.`,
    "Give letters, digits and hyphens, a letter or a digit first and last, 63 at most.",
  );
}

function checkNetwork({ vpc, vpcSubnets, securityGroups }: ModelEndpointProps): void {
  if (vpc || !(vpcSubnets || securityGroups)) return;
  const given = vpcSubnets ? "vpcSubnets" : "securityGroups";
  throw new DeployError(`${given} is given, and there is no vpc.`, `Give the vpc too, or leave ${given} out.`);
}

function checkVariants(variants: Variants): void {
  if (variants.length > 10) {
    throw new DeployError(
      `An endpoint has at most 10 variants; received ${variants.length}.`,
      "Spread them over several endpoints.",
    );
  }
  const names = new Set<string>();
  for (const { name, weight = 1 } of variants) {
    checkName("variant name", name);
    if (names.has(name)) {
      throw new DeployError(`There are two variants ${name}.`, "Give each a name of its own.");
    }
    names.add(name);
    if (!(Token.isUnresolved(weight) || weight >= 0)) {
      throw new DeployError(`The weight of ${name} is a number from 0; received ${weight}.`, "Give 0 or more.");
    }
  }
  if (variants.every(({ weight }) => weight === 0)) {
    throw new DeployError("No variant gets requests: all weights are 0.", "Give one of them a weight.");
  }
}

/** https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html#serverless-endpoints-how-it-works-exclusions */
function checkServerless(props: ModelEndpointProps, variants: Variants): void {
  const { serverless: { memory, maxConcurrency, provisionedConcurrency } = {} } = props;
  const excluded = [
    ...(["vpc", "dataCapture", "asynchronous", "deployment", "encryptionKey"] as const),
    ...(["instanceType", "instanceCount", "autoscaling"] as const),
  ].filter((name) => props[name] !== undefined);
  const [first] = variants.length > 1 ? ["several variants"] : excluded;
  if (first !== undefined) {
    throw new DeployError(
      `A serverless endpoint can't have ${variants.length > 1 ? first : excluded.join(", ")}.`,
      `Leave that out, or leave serverless out for an endpoint on instances${first === "instanceType" ? ", which may have GPUs" : ""}.`,
    );
  }
  if (memory && typeof memory.toMebibytes !== "function") {
    throw new DeployError(
      `serverless.memory is a Size; received ${JSON.stringify(memory)}.`,
      "Give Size.gibibytes(2), of aws-cdk-lib.",
    );
  }
  if (memory && !memory.isUnresolved() && ![1, 2, 3, 4, 5, 6].includes(memory.toMebibytes() / 1024)) {
    throw new DeployError(
      `serverless.memory is 1, 2, 3, 4, 5 or 6 GiB; received ${memory.toMebibytes()} MiB.`,
      "Give Size.gibibytes(2), say; a model that needs more runs on an instance.",
    );
  }
  whole("serverless.maxConcurrency", maxConcurrency, 1, 200);
  whole("serverless.provisionedConcurrency", provisionedConcurrency, 1, maxConcurrency ?? defaultConcurrency);
}

export const defaultConcurrency = 20;

function checkInstances(
  { name, instanceType, instanceCount, autoscaling }: ModelVariant,
  { asynchronous, encryptionKey }: ModelEndpointProps,
): void {
  if (instanceType !== undefined && !Token.isUnresolved(instanceType)) {
    if (!/^ml\.[a-z0-9-]+\.[a-z0-9]+$/.test(instanceType)) {
      throw new DeployError(
        `${JSON.stringify(instanceType)} is no instance type of SageMaker's.`,
        `Write ml.m5.large, say${instanceType.startsWith("ml.") ? "" : `: they begin with ml.`}`,
      );
    }
    if (encryptionKey && hasLocalStorage(instanceType)) {
      throw new DeployError(
        `The variant ${name} runs on ${instanceType}, whose storage takes no encryptionKey: the hardware encrypts it.`,
        "Leave the key out, or choose an instance type without local storage.",
      );
    }
  }
  whole("instanceCount", instanceCount, 1);
  if (!autoscaling) return;
  const { minInstances = 1, maxInstances, requestsPerInstance } = autoscaling;
  whole("autoscaling.minInstances", minInstances, asynchronous ? 0 : 1);
  whole("autoscaling.maxInstances", maxInstances, Math.max(minInstances, 1));
  whole("instanceCount", instanceCount, minInstances, maxInstances);
  if (requestsPerInstance !== undefined && !Token.isUnresolved(requestsPerInstance) && !(requestsPerInstance > 0)) {
    throw new DeployError(
      `autoscaling.requestsPerInstance is more than 0; received ${requestsPerInstance}.`,
      "Measure what an instance answers in a minute, and give half of it.",
    );
  }
}

/** https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html */
function checkDeployment({ deployment }: ModelEndpointProps, variants: Variants): void {
  if (!deployment) return;
  const { strategy, stepSize, wait, terminationWait, timeout, alarms = [] } = deployment;
  const inferentia = variants.find(({ instanceType }) => instanceType?.startsWith("ml.inf1."));
  if (inferentia) {
    throw new DeployError(
      `SageMaker has no deployment strategies for ${inferentia.instanceType}.`,
      "Leave deployment out, or choose another instance type.",
    );
  }
  oneOf("deployment.strategy", strategy, ["canary", "linear", "allAtOnce"]);
  if (strategy === "allAtOnce" && stepSize !== undefined) {
    throw new DeployError("deployment.stepSize is given, and the strategy is allAtOnce.", "Leave it out.");
  }
  whole("deployment.stepSize", stepSize, strategy === "linear" ? 10 : 1, 50);
  seconds("deployment.wait", wait, 0, 3600);
  seconds("deployment.terminationWait", terminationWait, 0, 3600);
  seconds("deployment.timeout", timeout, 600, 28_800);
  if (alarms.length > 10) {
    throw new DeployError(
      `A deployment watches at most 10 alarms; received ${alarms.length}.`,
      "Combine some of them into a composite alarm.",
    );
  }
}

/** Apps in JavaScript have no types that say so. */
function oneOf(what: string, value: string | undefined, values: readonly string[]): void {
  if (value === undefined || values.includes(value)) return;
  const list = `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
  throw new DeployError(`${what} is ${list}; received ${JSON.stringify(value)}.`, `Give ${list}.`);
}

function seconds(what: string, value: Duration | undefined, least: number, most: number): void {
  if (value !== undefined && !value.isUnresolved()) whole(`${what}, in seconds,`, value.toSeconds(), least, most);
}

function whole(what: string, value: number | undefined, least: number, most = Number.POSITIVE_INFINITY): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === Number.POSITIVE_INFINITY ? `from ${least}` : `from ${least} to ${most}`;
  throw new DeployError(`${what} is a whole number ${range}; received ${value}.`, `Give one ${range}.`);
}
