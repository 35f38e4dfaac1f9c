import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Program, parse } from "acorn";
import type { StepBody } from "../../lib/flow/definition.ts";
import { readModule } from "../../lib/flow/source/module.ts";
import type { StepContext } from "../../lib/task/protocol.ts";
import { DeployError } from "../errors.ts";
import { computeOf } from "../limits.ts";

/**
 * The module that a step's bundle begins with: it hands the step's code and what the task must know of its flow to the runtime.
 *
 * @param file the absolute path of the file that declares the flow
 */
export function entryOf(context: StepContext, file: string): string {
  const known = JSON.stringify(context);
  const body = importBody(context, file);
  const call = body ? `(${known}, body)` : `(${known})`;
  return computeOf(context.definition).kind === "lambda"
    ? `${body}import { taskHandler } from "millrace";\nexport const handler = taskHandler${call};\n`
    : `${body}import { taskJob } from "millrace";\nawait taskJob${call};\n`;
}

function importBody({ flow, definition: { body } }: StepContext, file: string): string {
  if (body.kind !== "method" && body.kind !== "handler") return "";
  const [path, name] = body.kind === "method" ? [file, flowExport(file, flow)] : handlerExport(body, file);
  return `import { ${name} as body } from ${JSON.stringify(path)};\n`;
}

function handlerExport(
  { handler }: Extract<StepBody, { kind: "handler" }>,
  file: string,
): [path: string, name: string] {
  const at = handler.lastIndexOf("#");
  return [resolve(dirname(file), handler.slice(0, at)), handler.slice(at + 1)];
}

/** The name under which a file exports a flow. */
function flowExport(file: string, flow: string): string {
  const code = readModule(pathToFileURL(file).href)?.code;
  const exports =
    code === undefined
      ? new Map<string, string>()
      : exportsOf(parse(code, { ecmaVersion: "latest", sourceType: "module" }));
  for (const [exported, local] of exports) if (local === flow || exported === flow) return exported;
  if (exports.has("default")) return "default";
  throw new DeployError(
    `The flow ${flow} is not exported, and a step's bundle imports it.`,
    "Write export before the class.",
    { at: { file } },
  );
}

/** Exported names, each with the local one. */
function exportsOf(program: Program): Map<string, string> {
  const exports = new Map<string, string>();
  for (const node of program.body) {
    if (node.type === "ExportDefaultDeclaration") {
      const { declaration } = node;
      exports.set("default", "id" in declaration && declaration.id ? declaration.id.name : "");
    } else if (node.type === "ExportNamedDeclaration") {
      if (node.declaration?.type === "ClassDeclaration")
        exports.set(node.declaration.id.name, node.declaration.id.name);
      for (const { exported, local } of node.specifiers) {
        if (exported.type === "Identifier" && local.type === "Identifier") exports.set(exported.name, local.name);
      }
    }
  }
  return exports;
}
