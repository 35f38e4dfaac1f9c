// The bundling process: a request on standard input, a reply on standard output.
import { text } from "node:stream/consumers";
import { isMillraceError } from "../../lib/errors.ts";
import type { FlowDefinition } from "../../lib/flow/definition.ts";
import { isFlowClass } from "../../lib/flow/spec/flow-spec.ts";
import { chainOf } from "../../lib/flow/spec/steps-of.ts";
import { checkLimits } from "../limits.ts";
import { bundlePythonSteps } from "./python.ts";
import type { BundleAnswer, BundleFailure, BundleRequest, ChildReply, ChildRequest } from "./request.ts";
import { bundleSteps } from "./steps.ts";

async function answer(request: ChildRequest): Promise<unknown> {
  if ("flow" in request) return await bundleFlow(request.flow);
  const { bundleService } = await import("../model/bundle-service.ts");
  return await bundleService(request.service);
}

async function bundleFlow(request: BundleRequest): Promise<BundleAnswer> {
  const { definition, classes } = await flowOf(request);
  checkLimits(definition);
  if (isHandWritten(request)) (await import("../../lib/flow/check/check.ts")).assertFlow(definition);
  if (!request.bundle) return { definition, bundles: {}, modules: {}, pythonBundles: {} };
  const [typescript, pythonBundles] = await Promise.all([
    bundleSteps(definition, classes, request.runtimes),
    bundlePythonSteps(definition, request.scratch),
  ]);
  return { definition, ...typescript, pythonBundles };
}

async function flowOf(request: BundleRequest) {
  const { file = "", definition, classes = [] } = request;
  if (definition !== undefined) {
    const valid = isHandWritten(request) ? await validated(definition) : definition;
    const { completeServices } = await import("../../lib/flow/load/services.ts");
    return { definition: (await completeServices(valid, ".millrace/cache")).definition, classes };
  }
  const { loadFlow } = await import("../../lib/flow/load/load.ts");
  const loaded = await loadFlow(file, { cacheDir: ".millrace/cache" });
  const exported: unknown[] = loaded.moduleUrl ? Object.values(await import(loaded.moduleUrl)) : [];
  const flow = exported.filter(isFlowClass).find(({ name }) => name === loaded.definition.name);
  return { definition: loaded.definition, classes: flow ? chainOf(flow).map(({ name }) => name) : [] };
}

/** What describes a class, and what loads a file, has checked the definition. */
function isHandWritten({ definition, classes }: BundleRequest): boolean {
  return definition !== undefined && classes === undefined;
}

async function validated(definition: unknown): Promise<FlowDefinition> {
  const [{ validate }, { definitionSchema }] = await Promise.all([
    import("../../lib/flow/file/validate.ts"),
    import("../../lib/flow/file/definition-schema.ts"),
  ]);
  return validate({ file: "the definition", data: definition, lineOf: () => 1 }, definitionSchema);
}

function failureOf(error: unknown): BundleFailure {
  if (!isMillraceError(error)) throw error;
  const { code, message, fix, at } = error;
  return { code, message, fix, at };
}

const reply: ChildReply<unknown> = await answer(JSON.parse(await text(process.stdin))).then(
  (answer) => ({ answer }),
  (error) => ({ error: failureOf(error) }),
);
process.stdout.write(JSON.stringify(reply));
