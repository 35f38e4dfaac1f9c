import type { Location } from "../../errors.ts";
import type { FlowClass } from "../spec/flow-spec.ts";
import { chainOf, type DeclaredStep } from "../spec/steps-of.ts";
import { declaredField } from "./declared.ts";
import { Members } from "./members.ts";

/** Where a flow's class or a field of it is declared; of a field that is not found, where its class is; nothing where there is no source. */
export function placeOfField(
  flow: FlowClass,
  steps: ReadonlyMap<string, DeclaredStep>,
  field?: string,
): Location | undefined {
  const members = new Members(flow, steps);
  let ofClass: Location | undefined;
  for (const declaredIn of chainOf(flow).toReversed()) {
    const found = members.classOf(declaredIn);
    if (found === undefined) continue;
    const { path, file, line } = found.module.origin(found.node.start);
    ofClass ??= { file, line };
    const at = field === undefined ? undefined : declaredField(found.module.text(path), line, field);
    if (at !== undefined) return { file, line: at };
  }
  return ofClass;
}
