import { dirname, relative, resolve } from "node:path";
import { isMillraceError } from "../../errors.ts";
import type { ModelService } from "../../model/service/model-service.ts";
import { checkFlow } from "../check/check.ts";
import { nearest } from "../check/near.ts";
import { placeOf } from "../check/place.ts";
import { FlowCheckError, type Problem } from "../check/problem.ts";
import type { Deploy, FlowDefinition, StepDefinition } from "../definition.ts";

export interface CompletedFlow {
  readonly definition: FlowDefinition;
  /** The files of the services, absolute. */
  readonly inputs: readonly string[];
}

/**
 * Looks at the services that the flow's steps deploy: names each one's class, and fills in which artifact each of its models is. Services are
 * loaded, not started.
 *
 * @throws FlowCheckError where a service does not load or has no such model, or a model's artifact is not there or unset.
 */
export async function completeServices(definition: FlowDefinition, cacheDir: string): Promise<CompletedFlow> {
  const deploying = Object.entries(definition.steps).flatMap(([name, { deploy }]) =>
    deploy ? [{ name, deploy }] : [],
  );
  if (deploying.length === 0) return { definition, inputs: [] };
  const problems: Problem[] = [];
  const steps: Record<string, StepDefinition> = { ...definition.steps };
  const inputs: string[] = [];
  for (const { name, deploy } of deploying) {
    const step = definition.steps[name];
    const loaded = await load(definition, name, deploy, cacheDir, problems);
    if (loaded === undefined || step === undefined) continue;
    inputs.push(...loaded.inputs);
    steps[name] = { ...step, deploy: completed(definition, name, deploy, loaded, problems) };
  }
  const complete = { ...definition, steps };
  const faults = problems.length > 0 ? problems : checkFlow(complete);
  if (faults.length > 0) throw new FlowCheckError(definition.name, faults);
  return { definition: complete, inputs };
}

interface Loaded {
  readonly inputs: readonly string[];
  readonly service: ModelService;
  readonly models: readonly { readonly path: string; readonly isPacked: boolean }[];
}

async function load(
  definition: FlowDefinition,
  step: string,
  { service: named, environment }: Deploy,
  cacheDir: string,
  problems: Problem[],
): Promise<Loaded | undefined> {
  // Only where there is such a step: nothing else of a flow needs what services are made of.
  const [{ loadService }, { modelPaths }] = await Promise.all([
    import("../../model/service/load.ts"),
    import("../../model/service/parts.ts"),
  ]);
  const folder = resolve(dirname(definition.file ?? ""));
  const target = relative(process.cwd(), resolve(folder, named));
  try {
    const python = environment && { environment, folder };
    const { service: found, inputs, discard } = await loadService(target, { cacheDir, ...(python && { python }) });
    discard?.();
    // On AWS it is made anew: what an instance that the file exports has been given is not there.
    const service = new (found.constructor as new () => ModelService)();
    return { inputs, service, models: modelPaths(service) };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    const { message, fix = "Correct it.", at } = error;
    problems.push({
      code: "DEPLOY_SERVICE",
      message: `${step} deploys ${named}: ${message}`,
      fix,
      ...(at === undefined ? placeOf(definition, step) : { at }),
    });
    return undefined;
  }
}

function completed(
  definition: FlowDefinition,
  step: string,
  deploy: Deploy,
  { service, models }: Loaded,
  problems: Problem[],
): Deploy {
  const { name } = service.constructor;
  const known = models.map(({ path }) => path);
  const report = (message: string, fix: string) =>
    problems.push({ code: "DEPLOY_MODEL", message, fix, ...placeOf(definition, step) });
  for (const path of Object.keys(deploy.models)) {
    if (known.includes(path)) continue;
    const meant = nearest(path, known);
    report(
      `${step} gives ${name} the model ${path}, which it does not have.`,
      meant === undefined ? `It has ${known.join(", ") || "none"}.` : `Did you mean ${meant}?`,
    );
  }
  const chosen = { ...deploy.models };
  for (const { path, isPacked } of models) {
    if (chosen[path] !== undefined) continue;
    if (definition.artifacts.includes(path)) chosen[path] = path;
    else if (!isPacked) {
      report(
        `${step} deploys ${name}, and no artifact of ${definition.name} is its model ${path}.`,
        `Name the artifact that it is: deploy: { …, models: { ${JSON.stringify(path)}: "…" } }.`,
      );
    }
  }
  const [file] = deploy.service.split("#");
  return { ...deploy, service: `${file}#${name}`, models: chosen };
}
