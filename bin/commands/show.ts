import { styleText } from "node:util";
import type { FlowDefinition, StepDefinition } from "../../lib/flow/definition.ts";
import { loadFlowFile } from "../terminal/flow.ts";
import { printTable } from "../terminal/table.ts";

export async function show(file: string, options: { readonly json?: true }): Promise<void> {
  const { definition } = await loadFlowFile(file, options);
  if (options.json) {
    console.log(JSON.stringify(definition));
    return;
  }
  console.log(`${styleText("bold", definition.name)}  ${definition.file ?? ""}`);
  if (definition.doc !== undefined) console.log(definition.doc);
  const parameters = Object.entries(definition.parameters);
  if (parameters.length > 0) {
    console.log();
    await printTable(
      ["parameter", "type", "default", "values", "help"],
      parameters.map(([name, { type, default: value, help = "", ...limits }]) => [
        name,
        type,
        value === undefined ? "(required)" : JSON.stringify(value),
        values(limits),
        help,
      ]),
    );
  }
  console.log();
  await printTable(
    ["step", "then", "reads", "sets", "runs on", "doc"],
    Object.entries(definition.steps).map(([name, step]) => [
      name,
      step.transitions.map(transition).join(" or "),
      step.reads === "all" ? "all" : step.reads.join(", "),
      step.writes.join(", "),
      runsOn(step),
      step.doc ?? "",
    ]),
  );
}

function values({ choices, min, max }: Pick<FlowDefinition["parameters"][string], "choices" | "min" | "max">): string {
  if (choices !== undefined) return choices.map((choice) => JSON.stringify(choice)).join(", ");
  if (min === undefined && max === undefined) return "";
  return `${min ?? "…"} to ${max ?? "…"}`;
}

function transition(to: StepDefinition["transitions"][number]): string {
  return to.kind === "foreach" ? `each ${to.body}` : to.steps.join(" + ");
}

function runsOn({ compute, retry, timeout, deploy }: StepDefinition): string {
  return [
    compute?.kind === "batch"
      ? `Batch ${compute.vcpu} vCPU ${compute.memory} MiB`
      : compute
        ? `Lambda ${compute.memory} MiB`
        : "Lambda",
    ...(retry === undefined ? [] : [`retry ${retry.times}`]),
    ...(timeout === undefined ? [] : [`timeout ${timeout} s`]),
    ...(deploy === undefined ? [] : [`deploys ${deploy.endpoint}`]),
  ].join(", ");
}
