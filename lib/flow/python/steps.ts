import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import type { Location } from "../../errors.ts";
import { targetsOf } from "../check/graph.ts";
import { nearest } from "../check/near.ts";
import { list, placeOf } from "../check/place.ts";
import { type Problem, parameterWrite } from "../check/problem.ts";
import type { FlowDefinition, StepDefinition } from "../definition.ts";
import { analyzePython, type PythonFunction } from "./analyze.ts";
import { functionOf, pythonFilesOf } from "./files.ts";

export interface PythonSteps {
  readonly definition: FlowDefinition;
  readonly problems: readonly Problem[];
}

/** Fills in what the Python source tells of the steps whose body it is: what they read and write of the artifacts, and their documentation. */
export function readPythonSteps(definition: FlowDefinition): PythonSteps {
  const steps = Object.entries(definition.steps).flatMap(([name, step]) =>
    step.body.kind === "python" ? [{ name, step, ...functionOf(step.body, definition) }] : [],
  );
  if (steps.length === 0) return { definition, problems: [] };
  const files = pythonFilesOf(definition).filter(existsSync);
  const analyses = files.length === 0 ? {} : analyzePython(files);
  const problems = [...startFaults(definition)];
  const completed = steps.map(({ name, step, path, called }) => {
    const analysis = analyses[path];
    const place = placeOf(definition, name);
    const file = relative(process.cwd(), path);
    if (analysis === undefined) problems.push({ ...missingFile(name, path, file), ...place });
    else if ("error" in analysis) {
      const at = { file, line: analysis.error.line ?? 1 };
      if (!problems.some((known) => known.at?.file === file && known.code === "PYTHON_SYNTAX")) {
        problems.push({ code: "PYTHON_SYNTAX", message: `${analysis.error.message}.`, fix: "Correct the line.", at });
      }
    } else {
      const found = analysis.functions[called] ?? (analysis.isOpen ? unseen : undefined);
      if (found !== undefined) {
        problems.push(...faultsOf(definition, name, called, found, file));
        return [name, complete(definition, step, found)] as const;
      }
      problems.push({ ...missingFunction(name, called, file, Object.keys(analysis.functions)), ...place });
    }
    return [name, step] as const;
  });
  return {
    definition: { ...definition, steps: { ...definition.steps, ...Object.fromEntries(completed) } },
    problems,
  };
}

/** The first values of fields are those that TypeScript gives them in the task of `start`. */
function* startFaults(definition: FlowDefinition): Iterable<Problem> {
  if (definition.steps.start?.body.kind !== "python" || definition.initialized.length === 0) return;
  yield {
    code: "PYTHON_START",
    message: `start runs in Python, where the fields' first values are not to be had: ${list(definition.initialized)}.`,
    fix: "Declare them without one, rows = artifact<number[]>(), and set them in the function; or let start be a method.",
    ...placeOf(definition, "start"),
  };
}

/** A function that the file imports together with all else of another module. */
const unseen: PythonFunction = {
  line: 1,
  reads: "all",
  readLines: {},
  writes: [],
  assignments: [],
  returns: [{ line: 1 }],
};

function complete(definition: FlowDefinition, step: StepDefinition, found: PythonFunction): StepDefinition {
  const { inputs, inputReads: _, ...declared } = step;
  const takesInputs = found.inputReads !== undefined || (found.parameters === undefined && inputs !== undefined);
  const writes = found.writes.filter((name) => definition.artifacts.includes(name));
  const items = step.transitions.flatMap((way) => (way.kind === "foreach" && way.items ? [way.items] : []));
  const isKnown = (name: string) => definition.artifacts.includes(name);
  const reads = found.reads === "all" ? [] : found.reads.filter(isKnown);
  return {
    ...declared,
    reads: found.reads === "all" ? "all" : [...new Set([...reads, ...items.filter((name) => !writes.includes(name))])],
    writes,
    ...(takesInputs && { inputs: inputs ?? true, inputReads: found.inputReads ?? "all" }),
    ...(step.doc === undefined && found.doc !== undefined && { doc: found.doc }),
  };
}

function* faultsOf(
  definition: FlowDefinition,
  step: string,
  called: string,
  found: PythonFunction,
  file: string,
): Iterable<Problem> {
  const count = found.parameters?.length;
  const isJoin = definition.steps[step]?.inputs !== undefined;
  if (count !== undefined && (count < (isJoin ? 2 : 1) || count > 2)) {
    yield {
      code: "PYTHON_ARGUMENTS",
      message: `${called} takes ${count} arguments; the function of a step takes the flow, and that of a join its inputs too.`,
      fix: `Write def ${called}(flow${isJoin ? ", inputs" : ""}): …`,
      at: { file, line: found.line },
    };
  }
  const unknown = (name: string, line: number, does: string, otherwise: string): Problem => {
    const meant = nearest(name, [
      ...definition.artifacts,
      ...(does === "reads" ? Object.keys(definition.parameters) : []),
    ]);
    return {
      code: "UNKNOWN_ARTIFACT",
      message: `${step} ${does} flow.${name}, which ${definition.name} does not declare.`,
      fix: meant === undefined ? otherwise : `Did you mean ${meant}?`,
      at: { file, line },
    };
  };
  const isParameter = (name: string) => Object.hasOwn(definition.parameters, name);
  for (const [name, line] of Object.entries(found.readLines)) {
    if (definition.artifacts.includes(name) || isParameter(name)) continue;
    yield unknown(name, line, "reads", "Declare it in the flow, and set it in a step before.");
  }
  for (const { name, line } of found.assignments) {
    if (isParameter(name)) yield { ...parameterWrite(step, name), at: { file, line } };
    else if (!definition.artifacts.includes(name)) {
      yield unknown(name, line, "sets", "Declare it in the flow, or make it a local variable.");
    }
  }
  yield* choiceFaults(definition, step, called, found, file);
}

/** A step with several transitions goes where its function says; what it says is known where it is written as text. */
function* choiceFaults(
  { steps }: FlowDefinition,
  step: string,
  called: string,
  { returns, line }: PythonFunction,
  file: string,
): Iterable<Problem> {
  const { transitions = [] } = steps[step] ?? {};
  const targets = transitions.flatMap(targetsOf);
  const fault = (what: string, at: Location, meant?: string): Problem => ({
    code: "PYTHON_CHOICE",
    message: `${called} returns ${what}, and ${step} goes ${targets.length === 0 ? "nowhere" : `to ${list(targets)}`}.`,
    fix:
      meant === undefined
        ? `Return ${targets.map((name) => `"${name}"`).join(" or ") || "nothing"}.`
        : `Did you mean "${meant}"?`,
    at,
  });
  if (transitions.length > 1 && returns.length === 0) yield fault("nothing", { file, line });
  for (const { value, line } of returns) {
    if (value === null && transitions.length > 1) yield fault("nothing", { file, line });
    else if (typeof value === "string" && !targets.includes(value)) {
      yield fault(JSON.stringify(value), { file, line }, nearest(value, targets));
    }
  }
}

function missingFile(step: string, path: string, file: string): Problem {
  const folder = dirname(path);
  const meant = existsSync(folder) ? nearest(basename(path), readdirSync(folder)) : undefined;
  return {
    code: "PYTHON_FILE",
    message: `${step} names the file ${file}, which is not there.`,
    fix: meant === undefined ? "Name a file below the folder of the flow's file." : `Did you mean ${meant}?`,
  };
}

function missingFunction(step: string, called: string, file: string, known: readonly string[]): Problem {
  const meant = nearest(called, known);
  return {
    code: "PYTHON_FUNCTION",
    message: `${step} names the function ${called}, which ${file} does not have.`,
    fix: meant === undefined ? `Define it: def ${called}(flow): …` : `Did you mean ${meant}?`,
  };
}
