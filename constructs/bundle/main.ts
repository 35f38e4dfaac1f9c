// The bundling process: a request on standard input, a reply on standard output.
import { text } from "node:stream/consumers";
import { isMillraceError } from "../../lib/errors.ts";
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
  if (!request.bundle) return { definition, bundles: {}, modules: {}, pythonBundles: {} };
  const [typescript, pythonBundles] = await Promise.all([
    bundleSteps(definition, classes, request.runtimes),
    bundlePythonSteps(definition, request.scratch),
  ]);
  return { definition, ...typescript, pythonBundles };
}

async function flowOf({ file = "", definition, classes = [] }: BundleRequest) {
  if (definition) {
    const { completeServices } = await import("../../lib/flow/load/services.ts");
    return { definition: (await completeServices(definition, ".millrace/cache")).definition, classes };
  }
  const { loadFlow } = await import("../../lib/flow/load/load.ts");
  const loaded = await loadFlow(file, { cacheDir: ".millrace/cache" });
  const exported: unknown[] = loaded.moduleUrl ? Object.values(await import(loaded.moduleUrl)) : [];
  const flow = exported.filter(isFlowClass).find(({ name }) => name === loaded.definition.name);
  return { definition: loaded.definition, classes: flow ? chainOf(flow).map(({ name }) => name) : [] };
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
