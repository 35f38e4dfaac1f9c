import { NestedStack } from "aws-cdk-lib";
import type { IJobQueue } from "aws-cdk-lib/aws-batch";
import { type IRole, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { FlowDefinition, StepDefinition } from "../lib/flow/definition.ts";
import { codeOf, type Files } from "./assets.ts";
import { createJobQueue, createPublicNetwork } from "./batch-queue.ts";
import type { PythonBundle } from "./bundle/request.ts";
import { DeployError } from "./errors.ts";
import { jobDefinitionName, nodeProgram, StepJob } from "./job-definition.ts";
import { computeOf, lambdaTimeout } from "./limits.ts";
import type { ImageBuild } from "./model/image.ts";
import { given } from "./props.ts";
import { pythonCode, pythonProgram } from "./python-step.ts";
import { StepEndpoint, type StepEndpointOptions } from "./step-endpoint.ts";
import { TaskFunction, type TaskSettings } from "./task-function.ts";
import { TaskRole } from "./task-role.ts";

/** A stack holds 500 resources, and a step is two; of more steps than these, each so many get a nested stack. */
const mostInStack = 200;
const inNestedStack = 90;

export interface FlowStepsProps {
  readonly definition: FlowDefinition;
  readonly settings: TaskSettings;
  /** Each step's bundle. */
  readonly bundles: ReadonlyMap<string, string>;
  /** Beside the bundle of each Lambda step. */
  readonly modules: Files;
  readonly pythonBundles: ReadonlyMap<string, PythonBundle>;
  readonly jobQueue?: IJobQueue;
  readonly batchNetwork?: "public";
  readonly imageBuild?: ImageBuild;
  readonly endpoints?: Readonly<Record<string, StepEndpointOptions>>;
}

/**
 * What a flow's steps run on: a Lambda function or a Batch job definition each, with the step's name as its id. The ids of all else that is a
 * step's have a space, which a name cannot have.
 */
export class FlowSteps extends Construct {
  readonly tasks: ReadonlyMap<string, TaskFunction | StepJob>;
  /** Where Batch steps wait; a flow without them has none. */
  readonly jobQueue?: IJobQueue;
  readonly #props: FlowStepsProps;
  readonly #roles = new Map<string, TaskRole>();
  readonly #endpoints = new Map<string, StepEndpoint>();
  /** Of Batch: pulls images and writes the log. */
  readonly #executionRole?: IRole;

  constructor(scope: Construct, id: string, props: FlowStepsProps) {
    super(scope, id);
    this.#props = props;
    const steps = Object.entries(props.definition.steps);
    const batch = steps.find(([, step]) => computeOf(step).kind === "batch");
    if (batch) {
      this.jobQueue = props.jobQueue ?? this.#createQueue(batch[0]);
      this.#executionRole = new Role(this, "ExecutionRole", {
        description: `Starts the Batch jobs of the flow ${props.definition.name}`,
        assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com"),
      });
    }
    let place: Construct = this;
    const tasks = new Map<string, TaskFunction | StepJob>();
    for (const [index, [name, step]] of steps.entries()) {
      if (steps.length > mostInStack && index % inNestedStack === 0) {
        place = new NestedStack(this, `Part${index / inNestedStack + 1}`);
      }
      tasks.set(name, this.#createTask(place, name, step));
    }
    this.tasks = tasks;
    for (const step of Object.keys(props.endpoints ?? {})) this.endpoint(step);
    for (const [step, endpoint] of this.#endpoints) endpoint.grantDeploy(this.role(step));
  }

  /**
   * A role of the step's own.
   *
   * @throws DeployError where there is no such step.
   */
  role(step: string): TaskRole {
    const known = this.#roles.get(step);
    if (known) return known;
    const { definition, settings } = this.#props;
    const task = this.tasks.get(step);
    if (!task) {
      const names = [...this.tasks.keys()].join(", ");
      throw new DeployError(
        `${definition.name} has no step ${JSON.stringify(step)}.`,
        `Name one of its steps: ${names}.`,
      );
    }
    const role = new TaskRole(this, `${step} Role`, {
      ...settings,
      flow: definition.name,
      inVpc: settings.vpc !== undefined,
    });
    task.useRole(role);
    this.#roles.set(step, role);
    return role;
  }

  /** @throws DeployError where the step deploys nothing. */
  endpoint(step: string): StepEndpoint {
    const known = this.#endpoints.get(step);
    if (known) return known;
    const names = [...this.#endpoints.keys()].join(", ");
    throw new DeployError(
      `The step ${JSON.stringify(step)} of ${this.#props.definition.name} deploys nothing.`,
      names === "" ? "Give it deploy: { endpoint, service, … }." : `Name a step that does: ${names}.`,
    );
  }

  /** What the machine runs: a function's published version, or a job definition's revision. */
  arn(step: string): string {
    const task = this.tasks.get(step);
    return task instanceof TaskFunction ? task.currentVersion.functionArn : (task?.jobDefinitionArn ?? "");
  }

  /** Of the endpoints that steps deploy to. */
  get endpointArns(): string[] {
    return [...new Set([...this.#endpoints.values()].map(({ endpointArn }) => endpointArn))];
  }

  get endpointNames(): string[] {
    return [...new Set([...this.#endpoints.values()].map(({ endpointName }) => endpointName))];
  }

  get functions(): TaskFunction[] {
    return [...this.tasks.values()].filter((task) => task instanceof TaskFunction);
  }

  get jobs(): StepJob[] {
    return [...this.tasks.values()].filter((task) => task instanceof StepJob);
  }

  #createTask(scope: Construct, name: string, step: StepDefinition): TaskFunction | StepJob {
    const { definition, settings, bundles, modules, pythonBundles, batchNetwork } = this.#props;
    const compute = computeOf(step);
    const id = idOf(scope, name);
    const code = bundles.get(name) ?? "";
    const python = step.body.kind === "python" ? { bundle: pythonBundles.get(name) } : undefined;
    if (compute.kind === "batch" && this.#executionRole) {
      return new StepJob(scope, id, settings, {
        name: jobDefinitionName(settings.environment.stateMachineName(definition.name), name),
        step,
        compute,
        program: python ? pythonProgram(scope, name, python.bundle) : nodeProgram(scope, name, code),
        executionRole: this.#executionRole,
        publicAddress: batchNetwork === "public",
      });
    }
    const endpoint =
      step.deploy &&
      new StepEndpoint(scope, `${name} Endpoint`, {
        flow: definition,
        deploy: step.deploy,
        step: name,
        environment: settings.environment,
        options: this.#props.endpoints?.[name] ?? {},
        ...given({ imageBuild: this.#props.imageBuild }),
      });
    if (endpoint) this.#endpoints.set(name, endpoint);
    return new TaskFunction(scope, id, settings, {
      description: `${definition.name}: ${name}`,
      ...(python
        ? pythonCode(python.bundle)
        : { code: codeOf({ ...modules, "index.mjs": code }), handler: "index.handler" }),
      memory: compute.memory,
      timeout: lambdaTimeout(step),
      ...(endpoint && { environment: endpoint.variables }),
    });
  }

  #createQueue(step: string): IJobQueue {
    const { settings, batchNetwork } = this.#props;
    const vpc = settings.vpc ?? (batchNetwork === "public" ? createPublicNetwork(this) : undefined);
    if (!vpc) {
      throw new DeployError(
        `The step ${step} runs on Batch, and there is no network for its jobs.`,
        'Give the flow a jobQueue, a vpc to make one in, or batchNetwork: "public" for a network made for it.',
      );
    }
    return createJobQueue(this, { ...settings, vpc });
  }
}

/** CDK takes a child of these ids for the construct itself; others may be there already. */
function idOf(scope: Construct, step: string): string {
  const isTaken = step === "Default" || step === "Resource" || scope.node.tryFindChild(step) !== undefined;
  return isTaken ? `${step} Step` : step;
}
