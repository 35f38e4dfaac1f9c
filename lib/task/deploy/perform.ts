import { fixOf, isRefusal } from "../../aws/sagemaker.ts";
import type { BlobStore } from "../../data/store.ts";
import type { Deploy } from "../../flow/definition.ts";
import { newRunId } from "../../metadata/run-id.ts";
import type { MetadataStore } from "../../metadata/store.ts";
import { TaskFailedError, toFailure } from "../failure.ts";
import { addressOf, endTask, runTask } from "../perform.ts";
import type { StepContext } from "../protocol.ts";
import { Deployment } from "./deployment.ts";
import type { SageMakerEndpoint } from "./endpoint.ts";
import { DeploymentFailedError, isFinal } from "./errors.ts";
import { assertReadable } from "./image-contents.ts";
import { modelsToDeploy, serviceOf } from "./models.ts";
import { type DeployAnswer, type DeployPerformance, isTakenUp, type ParkedAttempt } from "./protocol.ts";

/** A step that deploys, and where. */
export interface DeployStep {
  readonly store: MetadataStore;
  readonly blobs: BlobStore;
  readonly context: StepContext;
  readonly deploy: Deploy;
  readonly endpoint: SageMakerEndpoint;
}

/**
 * One turn of an attempt that deploys. The first runs the step's body and parks what it leaves; those after it bring the endpoint on, until it is
 * in service with what this attempt has made, and then commit. In between the state machine waits.
 *
 * @param body The flow's class, or the handler's function.
 * @throws TaskFailedError whose name is that of the step's error, or `DEPLOYMENT_FAILED`; anything else may be tried again.
 */
export async function performDeployment(
  step: DeployStep,
  body: unknown,
  performance: DeployPerformance,
): Promise<DeployAnswer> {
  const { deployment: parked, redrive } = performance;
  return isTakenUp(parked, redrive)
    ? await bringOn(step, { ...performance, token: parked.token }, parked)
    : await park(step, body, performance);
}

async function park(step: DeployStep, body: unknown, performance: DeployPerformance): Promise<DeployAnswer> {
  const { store, blobs, context, deploy, endpoint } = step;
  const { attempt, commit, isCommitted } = await runTask(store, blobs, context, body, performance);
  if (isCommitted) return { ...(await endTask(store, context, performance, commit)), status: "Deployed" };
  await failing(step, performance, attempt, async () => {
    assertReadable(serviceOf(deploy).name, modelsToDeploy(context.step, deploy, commit), endpoint.settings.contents);
  });
  const { token, redrive = 0 } = performance;
  const now = new Date();
  const parked = { id: newRunId(now), token, attempt, redrive, parkedAt: now.toISOString() };
  return { deployment: { ...parked, commit: await blobs.put(Buffer.from(JSON.stringify(commit))) } };
}

async function bringOn(step: DeployStep, performance: DeployPerformance, parked: ParkedAttempt): Promise<DeployAnswer> {
  const { store, blobs, context } = step;
  const { committed } = (await store.task(addressOf(context, performance))) ?? {};
  if (committed) return { ...(await endTask(store, context, performance, committed)), status: "Deployed" };
  const content = await failing(step, performance, parked.attempt, () => blobs.get(parked.commit));
  const commit = JSON.parse(Buffer.from(content).toString());
  const deployment = new Deployment(step, performance, parked, commit);
  const turn = await failing(step, performance, parked.attempt, () => deployment.turn());
  if (turn.status !== "Deployed") return turn;
  const inService = deployment.inService();
  const made = { ...commit, deployment: inService };
  const winner = await store.commit(addressOf(context, performance), parked.token, new Date().toISOString(), made);
  // Whichever attempt has won: this one's model is what answers.
  if (winner.deployment?.id !== inService.id) await store.deployments.put(inService);
  return { ...(await endTask(store, context, performance, winner)), status: turn.status };
}

/** What can't be mended by another try fails the attempt, and is on record when it is thrown. */
async function failing<T>(
  { store, context, deploy }: DeployStep,
  performance: DeployPerformance,
  attempt: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFinal(error)) throw error;
    const cause = isRefusal(error)
      ? new DeploymentFailedError(deploy.endpoint, error.message, fixOf(error), error)
      : error;
    const { path, visit, token } = performance;
    const failure = toFailure(cause, { step: context.step, path, visit }, attempt);
    await store.failAttempt(addressOf(context, performance), token, new Date().toISOString(), failure);
    throw new TaskFailedError(failure);
  }
}
