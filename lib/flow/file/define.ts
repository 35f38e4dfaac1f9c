import { isMillraceError } from "../../errors.ts";
import { nearest } from "../check/near.ts";
import { FlowCheckError, type Problem } from "../check/problem.ts";
import type { FlowDefinition, StepBody, StepDefinition, Transition } from "../definition.ts";
import { checkParameterDefinition } from "../parameters.ts";
import { readStepOptions, type StepOptions, type StepSettings } from "../spec/options.ts";
import { withEnvironment } from "../spec/python.ts";
import type { FileStep, FileTransition, FlowFile } from "./file-schema.ts";
import type { Source } from "./source.ts";
import { problemAt } from "./validate.ts";

type Path = readonly PropertyKey[];

/** A file that is the definition already. @throws FlowCheckError where a parameter contradicts itself. */
export function completeDefinition(source: Source, definition: FlowDefinition): FlowDefinition {
  const problems = parameterProblems(source, definition.parameters);
  if (problems.length > 0) throw new FlowCheckError(definition.name, problems);
  return { file: source.file, ...definition };
}

/** The definition that a flow's file stands for. @throws FlowCheckError with every value that contradicts another. */
export function defineFlow(source: Source, flow: FlowFile): FlowDefinition {
  const problems = [...parameterProblems(source, flow.parameters ?? {}), ...artifactProblems(source, flow)];
  const steps = Object.entries(flow.steps).map(([name, step]): [string, StepDefinition] => {
    const path = ["steps", name];
    const defined = { ...defineStep(source, path, step), ...settingsOf(source, path, step, problems) };
    return [name, withEnvironment(defined, flow.python)];
  });
  if (problems.length > 0) throw new FlowCheckError(flow.name, problems);
  return {
    version: 1,
    name: flow.name,
    ...(flow.doc !== undefined && { doc: flow.doc }),
    file: source.file,
    parameters: Object.fromEntries(
      Object.entries(flow.parameters ?? {}).map(([name, definition]) => [
        name,
        { ...definition, line: source.lineOf(["parameters", name]) },
      ]),
    ),
    artifacts: flow.artifacts ?? [],
    initialized: [],
    steps: Object.fromEntries(steps),
  };
}

function defineStep(source: Source, path: Path, step: FileStep): StepDefinition {
  const { inputs, reads = "all", writes = [], doc } = step;
  return {
    body: bodyOf(step),
    transitions: transitionsOf(source, path, step),
    ...(inputs !== undefined && { inputs, inputReads: "all" as const }),
    reads,
    writes,
    ...(doc !== undefined && { doc }),
    file: source.file,
    line: source.lineOf(path),
  };
}

function bodyOf({ handler, command = [], image }: FileStep): StepBody {
  if (handler !== undefined) return { kind: "handler", handler };
  return { kind: "command", command, ...(image !== undefined && { image }) };
}

function transitionsOf(source: Source, path: Path, step: FileStep): Transition[] {
  if (step.transitions === undefined) return transitionOf(source, path, step);
  return step.transitions.flatMap((transition, index) =>
    transitionOf(source, [...path, "transitions", index], transition),
  );
}

function transitionOf(source: Source, path: Path, { next, foreach }: FileTransition): Transition[] {
  if (foreach !== undefined) return [{ kind: "foreach", ...foreach, line: source.lineOf([...path, "foreach"]) }];
  if (next === undefined) return [];
  return [{ kind: "next", steps: typeof next === "string" ? [next] : next, line: source.lineOf([...path, "next"]) }];
}

function settingsOf(source: Source, path: Path, step: FileStep, problems: Problem[]): StepSettings {
  const { compute, retry, timeout, isolate, deploy, python, requirements, conda, pythonVersion, interpreter } = step;
  const environment = { requirements, conda, pythonVersion, interpreter };
  const options = { compute, retry, timeout, isolate, deploy, python, ...environment };
  try {
    // Every value is checked there, since JavaScript calls it without types too.
    return readStepOptions(String(path.at(-1)), options as unknown as StepOptions);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    problems.push(problemAt(source, path, error.message, error.fix ?? "Correct the value."));
    return {};
  }
}

function parameterProblems(source: Source, parameters: FlowDefinition["parameters"]): Problem[] {
  return Object.entries(parameters).flatMap(([name, definition]) => {
    try {
      checkParameterDefinition(name, definition);
      return [];
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      return [problemAt(source, ["parameters", name], error.message, error.fix ?? "Correct the value.")];
    }
  });
}

/** A name that no artifact has: a slip that nothing later would find. */
function artifactProblems(source: Source, { artifacts = [], parameters = {}, steps }: FlowFile): Problem[] {
  const readable = [...artifacts, ...Object.keys(parameters)];
  const unknown = (path: Path, name: string | undefined, known: readonly string[]): Problem[] => {
    if (name === undefined || known.includes(name)) return [];
    const near = nearest(name, known);
    const fix =
      near === undefined ? `Add ${name} to artifacts.` : `Did you mean ${near}? Else add ${name} to artifacts.`;
    return [problemAt(source, path, `${path.slice(0, 3).join(".")}: there is no artifact ${name}.`, fix)];
  };
  return Object.entries(steps).flatMap(([step, { reads = [], writes = [], foreach, transitions = [] }]) => [
    ...reads.flatMap((name, index) => unknown(["steps", step, "reads", index], name, readable)),
    ...writes.flatMap((name, index) => unknown(["steps", step, "writes", index], name, artifacts)),
    ...unknown(["steps", step, "foreach", "items"], foreach?.items, readable),
    ...transitions.flatMap((transition, index) =>
      unknown(["steps", step, "transitions", index, "foreach", "items"], transition.foreach?.items, readable),
    ),
  ]);
}
