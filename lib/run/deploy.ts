import { join, relative, resolve } from "node:path";
import { artifactBytes, loadArtifact } from "../data/artifacts.ts";
import { ArtifactFile } from "../data/file.ts";
import type { ArtifactRef, BlobStore } from "../data/store.ts";
import { isMillraceError } from "../errors.ts";
import type { Deploy } from "../flow/definition.ts";
import type { DeploymentRecord } from "../metadata/deployments.ts";
import { newRunId } from "../metadata/run-id.ts";
import { carriesArrow } from "../model/bundle/arrow.ts";
import { codeHash } from "../model/bundle/manifest.ts";
import { arrowPackage, namedNeeds } from "../model/bundle/needs.ts";
import { readManifest } from "../model/bundle/read.ts";
import { saveBundle } from "../model/bundle/save.ts";
import { PythonServiceError } from "../model/python/errors.ts";
import type { PythonModelFile } from "../model/python/host.ts";
import { isPythonService, pythonImage } from "../model/python/service.ts";
import { loadService } from "../model/service/load.ts";
import type { ModelService, ServiceClass } from "../model/service/model-service.ts";
import { packAll, startService, stopService } from "../model/service/parts.ts";
import { DeploymentFailedError } from "../task/deploy/errors.ts";
import { assertReadable, contentsOf } from "../task/deploy/image-contents.ts";
import { deployedModels, modelsToDeploy, type ServiceModel, serviceOf } from "../task/deploy/models.ts";
import { toFailure } from "../task/failure.ts";
import type { AttemptOutcome, AttemptRequest, StepContext } from "../task/protocol.ts";
import type { WorkerFlow } from "./protocol.ts";

/**
 * What a step deploys here: a bundle of the service in the store's folder, which takes the place of the one before as a whole. The service is
 * started once with the models before: what would keep an endpoint on AWS from coming into service fails the step here too.
 *
 * @param outcome Of the step's body. @returns The attempt's, with what was deployed.
 */
export async function deployHere(
  flow: WorkerFlow,
  context: StepContext,
  deploy: Deploy,
  request: AttemptRequest,
  outcome: AttemptOutcome,
  blobs: BlobStore,
): Promise<AttemptOutcome> {
  if (outcome.status === "failed") return outcome;
  const { commit } = outcome;
  const begun = new Date();
  let record: DeploymentRecord | undefined;
  try {
    const models = modelsToDeploy(context.step, deploy, commit);
    record = begin(flow, context, deploy, request, models, begun);
    const code = await writeBundle(flow, deploy, models, blobs, record.data);
    const deployment = { ...record, code, status: "in_service", endedAt: new Date().toISOString() } as const;
    return { status: "succeeded", commit: { ...commit, deployment } };
  } catch (error) {
    const failure = toFailure(error, request, request.attempt);
    if (record === undefined) return { status: "failed", failure };
    const reason = error instanceof DeploymentFailedError ? error.reason : failure.message;
    const deployment = { ...record, status: "failed", endedAt: new Date().toISOString(), failure: reason } as const;
    return { status: "failed", failure, deployment };
  }
}

function begin(
  flow: WorkerFlow,
  context: StepContext,
  deploy: Deploy,
  { run, step, path, visit, attempt }: AttemptRequest,
  models: readonly ServiceModel[],
  begun: Date,
): DeploymentRecord {
  return {
    endpoint: deploy.endpoint,
    id: newRunId(begun),
    status: "deploying",
    startedAt: begun.toISOString(),
    source: { flow: context.flow, run, step, path, visit, attempt },
    service: serviceOf(deploy).name,
    code: "",
    models: deployedModels(models),
    data: join(flow.store, "endpoints", deploy.endpoint),
  };
}

/** @returns the SHA-256 of the service's code. */
async function writeBundle(
  flow: WorkerFlow,
  deploy: Deploy,
  models: readonly ServiceModel[],
  blobs: BlobStore,
  folder: string,
): Promise<string> {
  const { folder: flowFolder, store } = flow;
  const { environment, service: named } = deploy;
  const target = relative(process.cwd(), resolve(flowFolder, named));
  const { service, file } = await loadService(target, {
    cacheDir: join(store, "cache"),
    ...(environment && { python: { environment, folder: flowFolder } }),
  });
  await assertReadableOnAws(service, models);
  const Service = service.constructor as ServiceClass;
  await tryOut(deploy, await packed(Service, models, blobs));
  // Fresh values: starting may have changed those that it was tried out with.
  await saveBundle(await packed(Service, models, blobs), folder, { file });
  return codeHash(await readManifest(folder));
}

/** Here a bundle has whatever its models need; on AWS its image is made before them. */
async function assertReadableOnAws(service: ModelService, models: readonly ServiceModel[]): Promise<void> {
  const { name } = service.constructor;
  if (isPythonService(service)) {
    const image = pythonImage(service);
    if (image !== undefined) assertReadable(name, models, contentsOf("python", image.requirements));
    return;
  }
  const { python, npm } = await namedNeeds(service);
  const packages = [...Object.keys(npm?.dependencies ?? {}), ...(carriesArrow(service, []) ? [arrowPackage] : [])];
  assertReadable(name, models, contentsOf("typescript", python?.requirements, packages));
}

async function packed(Service: ServiceClass, models: readonly ServiceModel[], blobs: BlobStore): Promise<ModelService> {
  const service = new Service();
  const load = isPythonService(service) ? fileOf : loadArtifact;
  const values = models.map(async ({ path, ref }) => [path, await load(ref, blobs)] as const);
  packAll(service, new Map(await Promise.all(values)));
  return service;
}

/** An artifact as Python reads it. The file goes when this process ends. */
async function fileOf(ref: ArtifactRef, blobs: BlobStore): Promise<PythonModelFile> {
  const { codec, type, hash } = ref;
  return { codec, type, file: new ArtifactFile(hash, await artifactBytes(ref, blobs)).path() };
}

async function tryOut({ endpoint }: Deploy, service: ModelService): Promise<void> {
  try {
    await startService(service);
    await stopService(service);
  } catch (cause) {
    const hook = isPythonService(service) ? "on_startup" : "onStartup";
    throw new DeploymentFailedError(
      endpoint,
      `${service.constructor.name} does not start: ${reasonOf(cause).replace(/\.$/, "")}.`,
      `Look at the models that it was given, and at its ${hook}.`,
      cause,
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof PythonServiceError) return error.raised;
  if (isMillraceError(error)) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
