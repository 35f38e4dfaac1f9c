import { basename, dirname, extname } from "node:path";
import { checkFlow } from "../check/check.ts";
import { checkNames } from "../check/names.ts";
import { FlowCheckError } from "../check/problem.ts";
import type { FlowDefinition, PythonEnvironment, StepDefinition } from "../definition.ts";
import { readPythonSteps } from "../python/steps.ts";
import { placeOfField } from "../source/places.ts";
import { readSource } from "../source/source.ts";
import { fieldsOf } from "../spec/fields.ts";
import type { FlowClass } from "../spec/flow-spec.ts";
import { readPythonEnvironment, withEnvironment } from "../spec/python.ts";
import { stepsOf } from "../spec/steps-of.ts";

/**
 * The definition of a flow class, checked. It constructs the flow once and reads its source; no step runs.
 *
 * @param file The flow's, for what has no place of its own: a class without steps.
 * @throws FlowCheckError with all that is wrong with the flow.
 */
export function describeFlow(flow: FlowClass, file?: string): FlowDefinition {
  const declared = stepsOf(flow);
  const fields = fieldsOf(flow, (field) => placeOfField(flow, declared, field));
  const { doc, at, steps, problems } = readSource(flow, declared, fields);
  const environment = readPythonEnvironment((flow as { python?: PythonEnvironment }).python ?? {});
  const declaredFlow: FlowDefinition = {
    version: 1,
    name: nameOf(flow, at?.file),
    ...(doc !== undefined && { doc }),
    ...(at !== undefined && { file: at.file }),
    ...fields,
    steps: Object.fromEntries(
      [...steps].map(([name, source]): [string, StepDefinition] => [
        name,
        withEnvironment({ body: { kind: "method" }, ...source, ...declared.get(name)?.settings }, environment),
      ]),
    ),
  };
  const { definition, problems: pythonProblems } = readPythonSteps(declaredFlow);
  // A step that hides a transition makes each use of it look like some other fault.
  const hides = declared.has("next") || declared.has("foreach");
  // A transition that cannot be read would make steps unreachable: the graph is looked at when all of it is known.
  const known = hides ? checkNames(definition) : [...problems, ...pythonProblems];
  const faults = known.length > 0 ? known : checkFlow(definition);
  // What is wrong with the flow as a whole is at its class.
  const place = at ? { at } : file !== undefined && { at: { file } };
  const placed = faults.map((fault) => (fault.at?.line === undefined ? { ...fault, ...place } : fault));
  if (faults.length > 0) throw new FlowCheckError(definition.name, placed);
  return definition;
}

/** A class without a name is called as its file, or as the folder of a `flow.ts`: `branch-flow/flow.ts` is BranchFlow. */
function nameOf(flow: FlowClass, file: string | undefined): string {
  if (flow.name !== "" && flow.name !== "default") return flow.name;
  if (file === undefined) return "Flow";
  const base = basename(file, extname(file));
  const words =
    (base === "flow" || base === "index" ? basename(dirname(file)) || base : base).match(/[A-Za-z0-9]+/g) ?? [];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("") || "Flow";
}
