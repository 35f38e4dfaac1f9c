import { relative } from "node:path";
import { isMillraceError, MillraceError } from "../../errors.ts";
import { pythonFilesOf } from "../python/files.ts";
import { type FlowClass, isFlowClass } from "../spec/flow-spec.ts";
import type { FlowCache } from "./cache.ts";
import { compile } from "./compile.ts";
import { importFlow, placeInStack } from "./import.ts";
import type { LoadedFlow } from "./load.ts";
import { completeServices } from "./services.ts";

/** Loads a flow that is a class; its code runs as far as its module declares it. */
export async function loadClass(path: string, name: string | undefined, cache: FlowCache): Promise<LoadedFlow> {
  const file = relative(process.cwd(), path);
  // The parser loads while the compiler works.
  const [{ code, inputs, packages }, { describeFlow }] = await Promise.all([
    compile({ path }, cache.folder),
    import("./describe.ts"),
  ]);
  const module = cache.writeModule(code);
  const flow = chooseFlow(await importFlow(module, file, inputs), file, name);
  const described = located(() => describeFlow(flow, file), module, inputs);
  const { definition, inputs: services } = await completeServices(described, cache.folder);
  return cache.keep(definition, { inputs: [...inputs, ...services, ...pythonFilesOf(definition)], packages, module });
}

/** Of an initializer that throws, the line is that of the stack. */
function located<T>(work: () => T, module: string, inputs: readonly string[]): T {
  try {
    return work();
  } catch (error) {
    if (!isMillraceError(error) || !["FLOW_CONSTRUCTOR", "PARAMETER_EARLY"].includes(error.code)) throw error;
    const { code, message, fix, cause = error } = error;
    const at = placeInStack(cause, module, inputs) ?? error.at;
    throw new MillraceError(code, message, { ...(fix !== undefined && { fix }), at, cause });
  }
}

/** The class that is named, or else the default export, or else the only flow that the module exports. */
function chooseFlow(exports: Record<string, unknown>, file: string, name: string | undefined): FlowClass {
  const flows = new Map(
    Object.entries(exports).flatMap(([key, value]) => (isFlowClass(value) ? [[key, value] as const] : [])),
  );
  if (name !== undefined) {
    const named = flows.get(name) ?? [...flows.values()].find((flow) => flow.name === name);
    if (named !== undefined) return named;
    throw noFlow(`${file} exports no flow ${name}.`, file, [...flows.values()]);
  }
  const [only, ...others] = flows.values();
  const chosen = flows.get("default") ?? (others.length === 0 ? only : undefined);
  if (chosen !== undefined) return chosen;
  if (only !== undefined) throw noFlow(`${file} exports several flows.`, file, [only, ...others]);
  const [key, value] = Object.entries(exports).find(([, value]) => typeof value === "function") ?? [];
  if (key === undefined) throw noFlow(`${file} exports no flow.`, file, []);
  const what = (value as { readonly name: string }).name || key;
  throw noFlow(`${file} exports no flow: ${what} does not extend FlowSpec.`, file, []);
}

function noFlow(message: string, file: string, flows: readonly FlowClass[]): MillraceError {
  const targets = flows.map((flow) => `${file}#${flow.name}`).join(" or ");
  return new MillraceError("FLOW_FILE", message, {
    fix: flows.length > 0 ? `Name one: ${targets}.` : "Export one: export default class Train extends FlowSpec { … }.",
    at: { file },
  });
}
