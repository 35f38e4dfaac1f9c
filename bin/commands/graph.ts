import type { FlowDefinition } from "../../lib/flow/definition.ts";
import { UsageError } from "../terminal/errors.ts";
import { loadFlowFile } from "../terminal/flow.ts";

const formats: Readonly<Record<string, (definition: FlowDefinition) => Promise<string>>> = {
  mermaid: async (definition) => (await import("../../lib/flow/graph/mermaid.ts")).mermaid(definition),
  dot: async (definition) => (await import("../../lib/flow/graph/dot.ts")).dot(definition),
  json: async (definition) => JSON.stringify(definition, null, 2),
  asl: async (definition) => {
    const { stateMachine } = await import("../../constructs/states/index.ts");
    return JSON.stringify(stateMachine(definition).document, null, 2);
  },
};

/** With `--json` the text of the format is a member of an object, beside the flow's name. */
export async function graph(file: string, options: { readonly format: string; readonly json?: true }): Promise<void> {
  const write = Object.hasOwn(formats, options.format) ? formats[options.format] : undefined;
  if (write === undefined) {
    throw new UsageError(
      `There is no format ${JSON.stringify(options.format)}.`,
      `Name one of ${Object.keys(formats).join(", ")}.`,
    );
  }
  const { definition } = await loadFlowFile(file, options);
  const text = await write(definition);
  console.log(options.json ? JSON.stringify({ flow: definition.name, format: options.format, text }) : text.trimEnd());
}
