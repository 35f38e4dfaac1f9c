import { fixOf, isRefusal } from "../../aws/sagemaker.ts";
import type { DeploymentRecord } from "../../metadata/deployments.ts";
import type { TaskCommit } from "../../metadata/records.ts";
import { toFailure } from "../failure.ts";
import type { EndpointState } from "./endpoint.ts";
import { DeploymentFailedError, isFinal } from "./errors.ts";
import { modelData } from "./model-data.ts";
import { deployedModels, modelsToDeploy, type ServiceModel, serviceOf } from "./models.ts";
import type { DeployStep } from "./perform.ts";
import { type DeployAnswer, type DeployPerformance, type ParkedAttempt, unsettled } from "./protocol.ts";

/** One deployment of an attempt: where its endpoint stands decides what is to be done next. */
export class Deployment {
  readonly #step: DeployStep;
  readonly #performance: DeployPerformance;
  readonly #parked: ParkedAttempt;
  readonly #models: readonly ServiceModel[];
  #record: DeploymentRecord | undefined;

  constructor(step: DeployStep, performance: DeployPerformance, parked: ParkedAttempt, commit: TaskCommit) {
    this.#step = step;
    this.#performance = performance;
    this.#parked = parked;
    this.#models = modelsToDeploy(step.context.step, step.deploy, commit);
  }

  /** @throws DeploymentFailedError when what it has made is gone, and the endpoint is as it was before; AwsError */
  async turn(): Promise<DeployAnswer> {
    const { store, deploy, endpoint } = this.#step;
    const { id, isRequested } = this.#parked;
    this.#record = await store.deployments.get(deploy.endpoint, id);
    const found = await endpoint.describe();
    if (found !== undefined && unsettled.includes(found.status)) return await this.#wait(found);
    if (found?.config === endpoint.nameOf(id)) return await this.#settled(found);
    if (isRequested && (await this.#wasReplaced())) return { status: "Deployed" };
    if (isRequested) return await this.#fail(reasonOf(found), found ?? "untouched");
    return await this.#request(found);
  }

  /** The record of the deployment as the commit has it. */
  inService(): DeploymentRecord {
    return { ...this.#begun(this.#record?.data ?? ""), status: "in_service", endedAt: new Date().toISOString() };
  }

  async #wait({ status }: EndpointState): Promise<DeployAnswer> {
    const { timeout } = this.#step.deploy;
    if (Date.now() < Date.parse(this.#parked.parkedAt) + timeout * 1000) return { deployment: this.#parked, status };
    const reason = `it is ${status} after ${timeout} s.`;
    return await this.#fail(reason);
  }

  /** With what this attempt has made. */
  async #settled(found: EndpointState): Promise<DeployAnswer> {
    if (found.status !== "InService") return await this.#fail(reasonOf(found), found);
    await this.#scale();
    await this.#removeOutdated().catch(() => {});
    return { status: "Deployed" };
  }

  /** The model answers, whatever comes of this: so what is refused is said, and no reason to fail. */
  async #scale(): Promise<void> {
    const { deploy, endpoint } = this.#step;
    try {
      await endpoint.scale();
    } catch (error) {
      if (!isFinal(error)) throw error;
      console.warn(`The endpoint ${deploy.endpoint} is in service, and does not scale: ${toFailure(error).message}`);
    }
  }

  async #request(found: EndpointState | undefined): Promise<DeployAnswer> {
    const { store, blobs, deploy, endpoint } = this.#step;
    const { id } = this.#parked;
    if (found !== undefined && !(await this.#isFlows(found))) {
      const reason = `it runs the configuration ${found.config}, which no flow's deployment has made.`;
      const fix = `Give the step another endpoint, or delete the one that is there: aws sagemaker delete-endpoint --endpoint-name ${deploy.endpoint}.`;
      return await this.#fail(reason, "untouched", fix);
    }
    if (found?.status === "Failed") {
      // It never came into service, and can't be updated.
      await endpoint.delete();
      return { deployment: this.#parked, status: "Deleting" };
    }
    const data = await endpoint.putData(modelData(serviceOf(deploy).name, this.#models, blobs));
    this.#record = this.#begun(data, found?.config);
    try {
      await endpoint.prepare(id, data);
      await store.deployments.put(this.#record);
      if (found === undefined) await endpoint.create(id);
      else await endpoint.update(id);
    } catch (error) {
      return await this.#refused(error, found);
    }
    const status = found === undefined ? "Creating" : "Updating";
    return { deployment: { ...this.#parked, isRequested: true }, status };
  }

  /** Whether a flow has made what the endpoint runs: this one, or another one of the environment. What others have made stays theirs. */
  async #isFlows({ config: running }: EndpointState): Promise<boolean> {
    const { store, deploy, endpoint } = this.#step;
    if (endpoint.isOwn(running)) return true;
    for await (const { config } of store.deployments.all(deploy.endpoint)) if (config === running) return true;
    return false;
  }

  /** Somebody else was faster, or the answer to an earlier call was lost: the next turn looks again. Else it is SageMaker's last word. */
  async #refused(error: unknown, found: EndpointState | undefined): Promise<DeployAnswer> {
    const { endpoint } = this.#step;
    if (!isRefusal(error)) {
      if (isFinal(error)) await endpoint.removeConfig(endpoint.nameOf(this.#parked.id));
      throw error;
    }
    const now = await endpoint.describe();
    const isChanged = now !== undefined && (unsettled.includes(now.status) || now.config !== found?.config);
    if (isChanged) return { deployment: this.#parked, status: now.status };
    return await this.#fail(error.message, "untouched", fixOf(error));
  }

  #begun(data: string, previous?: string): DeploymentRecord {
    const { context, deploy, endpoint } = this.#step;
    const { run, path, visit } = this.#performance;
    const { id, attempt, parkedAt } = this.#parked;
    return (
      this.#record ?? {
        endpoint: deploy.endpoint,
        id,
        status: "deploying",
        startedAt: parkedAt,
        source: { flow: context.flow, run, step: context.step, path, visit, attempt },
        service: serviceOf(deploy).name,
        code: endpoint.settings.code,
        models: deployedModels(this.#models),
        data,
        config: endpoint.nameOf(id),
        ...(previous !== undefined && { previous }),
      }
    );
  }

  /** @param found As which the endpoint has settled; without it, what was made must stay: the endpoint may yet take it. */
  async #fail(reason: string, found?: EndpointState | "untouched", fix = this.#seeLog()): Promise<never> {
    const { store, deploy, endpoint } = this.#step;
    const config = endpoint.nameOf(this.#parked.id);
    const isTaken = found !== "untouched" && found?.config === config;
    const isNew = isTaken && found.status === "Failed" && this.#record?.previous === undefined;
    // An endpoint that was created for it has nothing to go back to.
    if (isNew) await endpoint.delete();
    if (found !== undefined && (isNew || !isTaken)) await endpoint.removeConfig(config);
    const record = this.#begun(this.#record?.data ?? "");
    await store.deployments.put({ ...record, status: "failed", endedAt: new Date().toISOString(), failure: reason });
    throw new DeploymentFailedError(deploy.endpoint, reason, fix);
  }

  #seeLog(): string {
    return `The log group /aws/sagemaker/Endpoints/${this.#step.deploy.endpoint} has the container's lines.`;
  }

  /** Another deployment found this one in service before it was seen here: then it has come so far, and is history. */
  async #wasReplaced(): Promise<boolean> {
    const { store, deploy, endpoint } = this.#step;
    const own = endpoint.nameOf(this.#parked.id);
    for await (const { previous } of store.deployments.all(deploy.endpoint)) if (previous === own) return true;
    return false;
  }

  /** The configuration before this one stays, for whoever wants to go back; the one before that goes. */
  async #removeOutdated(): Promise<void> {
    const { store, deploy, endpoint } = this.#step;
    const before = this.#record?.previous;
    if (before === undefined) return;
    for await (const { config, previous } of store.deployments.all(deploy.endpoint)) {
      if (config !== before) continue;
      if (previous !== undefined) await endpoint.removeConfig(previous);
      return;
    }
  }
}

function reasonOf(found: EndpointState | undefined): string {
  if (found === undefined) return "it was deleted.";
  const { status, failure } = found;
  if (failure !== undefined) return failure.endsWith(".") ? failure : `${failure}.`;
  return status === "InService" ? "the update was rolled back." : `it is ${status}.`;
}
