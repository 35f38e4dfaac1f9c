import type { ArtifactRef } from "../../data/store.ts";
import type { Deploy } from "../../flow/definition.ts";
import type { DeployedModel } from "../../metadata/deployments.ts";
import type { TaskCommit } from "../../metadata/records.ts";
import { UnsetArtifactError } from "../errors.ts";

/** A model of the service: an artifact as the task leaves it. */
export interface ServiceModel {
  /** In the service: `model`, `iris.model`. */
  readonly path: string;
  readonly artifact: string;
  readonly ref: ArtifactRef;
}

/** @throws UnsetArtifactError where an artifact has no value. */
export function modelsToDeploy(step: string, { models }: Deploy, { artifacts }: TaskCommit): ServiceModel[] {
  return Object.entries(models).map(([path, artifact]) => {
    const ref = artifacts[artifact];
    if (ref === undefined) throw new UnsetArtifactError(step, artifact);
    return { path, artifact, ref };
  });
}

/** As they are on record. */
export function deployedModels(models: readonly ServiceModel[]): Readonly<Record<string, DeployedModel>> {
  return Object.fromEntries(models.map(({ path, artifact, ref: { hash, type } }) => [path, { artifact, hash, type }]));
}

/** `service.ts#IrisClassifier` in its parts. */
export function serviceOf({ service }: Deploy): { readonly file: string; readonly name: string } {
  const [file = "", name = ""] = service.split("#");
  return { file, name };
}
