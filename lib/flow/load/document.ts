import { dirname, relative, resolve } from "node:path";
import { assertFlow } from "../check/check.ts";
import { placeOf } from "../check/place.ts";
import { FlowCheckError, type Problem } from "../check/problem.ts";
import type { FlowDefinition } from "../definition.ts";
import { readFlowFile } from "../file/read.ts";
import { pythonFilesOf } from "../python/files.ts";
import { readPythonSteps } from "../python/steps.ts";
import type { FlowCache } from "./cache.ts";
import { compile } from "./compile.ts";
import { importFlow } from "./import.ts";
import type { LoadedFlow } from "./load.ts";
import { completeServices } from "./services.ts";
import { statOf } from "./stat.ts";

/** Loads a flow that is written as YAML or JSON, with the functions that its steps name. */
export async function loadDocument(path: string, cache: FlowCache): Promise<LoadedFlow> {
  const { definition: read, problems } = readPythonSteps(await readFlowFile(path));
  if (problems.length > 0) throw new FlowCheckError(read.name, problems);
  assertFlow(read);
  const { definition, inputs: services } = await completeServices(read, cache.folder);
  const files = [path, ...services, ...pythonFilesOf(definition)];
  const handlers = handlersOf(definition);
  if (handlers.length === 0) return cache.keep(definition, { inputs: files, packages: [] });
  assertFiles(definition, handlers, dirname(path));
  const { code, inputs, packages } = await compile(
    { code: entryOf(handlers, dirname(path)), near: path },
    cache.folder,
  );
  const module = cache.writeModule(code);
  assertFunctions(definition, handlers, await importFlow(module, relative(process.cwd(), path), inputs));
  return cache.keep(definition, { inputs: [...files, ...inputs], packages, module });
}

interface Handler {
  readonly step: string;
  /** As the document names it. */
  readonly handler: string;
  readonly file: string;
  readonly name: string;
}

function handlersOf({ steps }: FlowDefinition): Handler[] {
  return Object.entries(steps).flatMap(([step, { body }]) => {
    if (body.kind !== "handler") return [];
    const [file = "", name = ""] = body.handler.split("#");
    return { step, handler: body.handler, file, name };
  });
}

/** A module with one export: the functions by what the steps name. */
function entryOf(handlers: readonly Handler[], folder: string): string {
  const files = [...new Set(handlers.map(({ file }) => file))];
  const imports = files.map((file, i) => `import * as file${i} from ${JSON.stringify(resolve(folder, file))};`);
  const members = new Map(
    handlers.map(({ handler, file, name }) => [
      handler,
      `  ${JSON.stringify(handler)}: file${files.indexOf(file)}[${JSON.stringify(name)}],`,
    ]),
  );
  return [...imports, "export const handlers = {", ...members.values(), "};"].join("\n");
}

function assertFiles(definition: FlowDefinition, handlers: readonly Handler[], folder: string): void {
  const problems: Problem[] = [];
  for (const { step, file } of handlers) {
    if (statOf(resolve(folder, file))?.isFile()) continue;
    problems.push({
      code: "HANDLER",
      message: `${step} names the file ${file}, which is not there.`,
      fix: "Name a file beside the flow's, as steps.ts#train.",
      ...placeOf(definition, step),
    });
  }
  if (problems.length > 0) throw new FlowCheckError(definition.name, problems);
}

function assertFunctions(
  definition: FlowDefinition,
  handlers: readonly Handler[],
  module: Record<string, unknown>,
): void {
  const { handlers: functions } = module as { readonly handlers: Readonly<Record<string, unknown>> };
  const problems = handlers
    .filter(({ handler }) => typeof functions[handler] !== "function")
    .map(({ step, file, name }) => ({
      code: "HANDLER",
      message: `${step} names ${name}, which ${file} does not export as a function.`,
      fix: `Export it: export function ${name}(flow) { … }.`,
      ...placeOf(definition, step),
    }));
  if (problems.length > 0) throw new FlowCheckError(definition.name, problems);
}
