import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { onTestFinished } from "vitest";
import { FlowCheckError, type Problem } from "../../lib/flow/check/problem.ts";
import type { FlowDefinition, StepDefinition } from "../../lib/flow/definition.ts";
import { type LoadedFlow, loadFlow } from "../../lib/flow/load/load.ts";

/** A folder with flows, for the length of one test. */
export class FlowFolder {
  readonly path = mkdtempSync(join(tmpdir(), "flows-"));

  constructor(files: Readonly<Record<string, string>>) {
    onTestFinished(() => rmSync(this.path, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.path, name)), { recursive: true });
    writeFileSync(join(this.path, name), text);
  }

  /** A file's path as messages have it. */
  file(name: string): string {
    return relative(process.cwd(), join(this.path, name));
  }

  load(target = "flow.ts"): Promise<LoadedFlow> {
    return loadFlow(this.file(target), { cacheDir: join(this.path, "cache") });
  }
}

const head = 'import { artifact, FlowSpec, type ForeachInputs, type Inputs, parameter, step } from "millrace";\n';

/** A module with the class F, whose body begins on line 3. */
export function flowSource(body: string): string {
  return `${head}export default class F extends FlowSpec {\n${body}\n}\n`;
}

/** The definition of the flow that has this body. */
export async function define(body: string): Promise<FlowDefinition> {
  return (await new FlowFolder({ "flow.ts": flowSource(body) }).load()).definition;
}

export async function defineStep(body: string, step: string): Promise<StepDefinition> {
  const found = (await define(body)).steps[step];
  if (found === undefined) throw new Error(`no step ${step}`);
  return found;
}

/** What the check says of the flow that has this body, each as `line: code: message fix`. */
export async function faults(body: string): Promise<string[]> {
  return faultsOf(new FlowFolder({ "flow.ts": flowSource(body) }));
}

export async function faultsOf(folder: FlowFolder, target = "flow.ts"): Promise<string[]> {
  try {
    await folder.load(target);
  } catch (error) {
    if (error instanceof FlowCheckError) return error.problems.map((problem) => faultText(folder, problem));
    throw error;
  }
  return [];
}

function faultText(folder: FlowFolder, { at, code, message, fix }: Problem): string {
  const place = at === undefined ? "" : `${relative(folder.path, at.file)}:${at.line ?? ""} `;
  return `${place}${code}: ${message} ${fix}`;
}
