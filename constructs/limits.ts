import type { Compute, FlowDefinition, PythonEnvironment, StepDefinition } from "../lib/flow/definition.ts";
import { defaultLambdaMemory, parseSize } from "../lib/units.ts";
import { DeployError } from "./errors.ts";

export type BatchCompute = Extract<Compute, { kind: "batch" }>;
export type LambdaCompute = Extract<Compute, { kind: "lambda" }>;

/** Without a compute of its own, a step runs on Lambda. */
const defaultCompute: LambdaCompute = { kind: "lambda", memory: parseSize(defaultLambdaMemory) };

const lambdaSeconds = 15 * 60;

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html: vCPUs, and the memory in GiB that they may have. */
const fargate: readonly (readonly [vcpu: number, sizes: readonly number[]])[] = [
  [0.25, [0.5, 1, 2]],
  [0.5, range(1, 4, 1)],
  [1, range(2, 8, 1)],
  [2, range(4, 16, 1)],
  [4, range(8, 30, 1)],
  [8, range(16, 60, 4)],
  [16, range(32, 120, 8)],
];

/** What runs a step: `batch` too where it is a command without a compute. */
export function computeOf(step: StepDefinition): Compute {
  return step.compute ?? (step.body.kind === "command" ? { kind: "batch", vcpu: 1, memory: 2048 } : defaultCompute);
}

/** Seconds that a function may take: as many as Lambda gives, where the step does not say. */
export function lambdaTimeout(step: StepDefinition): number {
  return Math.ceil(step.timeout ?? lambdaSeconds);
}

/**
 * Refuses what AWS would refuse half-way through a deployment.
 *
 * @throws DeployError that names the step, its line and what is possible.
 */
export function checkLimits({ steps, file }: FlowDefinition): void {
  for (const [name, step] of Object.entries(steps)) {
    const problem = problemOf(step);
    const at = step.file ?? file;
    const where = at === undefined ? {} : { at: { file: at, ...(step.line === undefined ? {} : { line: step.line }) } };
    if (problem) throw new DeployError(`The step ${name} ${problem[0]}`, problem[1], where);
  }
}

function problemOf(step: StepDefinition): readonly [problem: string, fix: string] | undefined {
  const compute = computeOf(step);
  if (step.body.kind === "python") {
    const problem = pythonProblem(step.body.environment, compute);
    if (problem) return problem;
  }
  if (compute.kind === "batch") return compute.gpu ? undefined : fargateProblem(compute);
  if (step.body.kind === "command") {
    return ["is a command, and Lambda runs no commands.", 'Give it compute: { kind: "batch", vcpu, memory }.'];
  }
  if (lambdaTimeout(step) > lambdaSeconds) {
    const batch = 'Shorten it to "15 min", or give the step compute: { kind: "batch", vcpu, memory }.';
    return [`has a time-out of ${step.timeout} s, and Lambda stops after ${lambdaSeconds} s.`, batch];
  }
  return undefined;
}

function fargateProblem({ vcpu, memory }: BatchCompute): readonly [problem: string, fix: string] | undefined {
  const sizes = fargate.find(([count]) => count === vcpu)?.[1];
  if (!sizes) {
    return [
      `has ${vcpu} vCPUs; Batch on Fargate has ${fargate.map(([count]) => count).join(", ")}.`,
      "Choose one of these.",
    ];
  }
  if (sizes.includes(memory / 1024)) return undefined;
  const possible = sizes.map((size) => (size < 1 ? `${size * 1024} MiB` : `${size} GiB`));
  return [
    `has ${memory} MiB of memory with ${vcpu} vCPUs, which Fargate has not.`,
    `Choose one of ${possible.join(", ")}.`,
  ];
}

function range(from: number, to: number, by: number): number[] {
  return Array.from({ length: (to - from) / by + 1 }, (_, index) => from + index * by);
}

/** https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, as far as the package millrace runs on them. */
const pythonVersions = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"];

function pythonProblem(
  { conda, pythonVersion }: PythonEnvironment = {},
  compute: Compute,
): readonly [problem: string, fix: string] | undefined {
  const image = compute.kind === "batch" ? compute.image : undefined;
  if (conda !== undefined && image === undefined) {
    return [
      "has packages of conda, which AWS gets in an image.",
      'Give it compute: { kind: "batch", vcpu, memory, image } with an image that has them, or name them as requirements.',
    ];
  }
  if (pythonVersion === undefined || image !== undefined || pythonVersions.includes(pythonVersion)) return undefined;
  return [
    `asks for Python ${pythonVersion}, which AWS does not have.`,
    `Choose one of ${pythonVersions.join(", ")}, or Batch with an image.`,
  ];
}
