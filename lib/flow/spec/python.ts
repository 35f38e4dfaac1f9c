import { MillraceError } from "../../errors.ts";
import type { PythonBody, PythonEnvironment, StepDefinition } from "../definition.ts";
import { fileBelow } from "./file-below.ts";

type Given = { readonly [K in keyof PythonEnvironment]: PythonEnvironment[K] | undefined };

/**
 * The body of a step whose options name a Python function; `undefined` where they name none.
 *
 * @throws MillraceError `STEP_OPTIONS` where an option is not what it must be.
 */
export function readPythonBody(step: string, python: unknown, given: Given): PythonBody | undefined {
  const environment = readPythonEnvironment(given);
  if (python === undefined) {
    const [option] = Object.keys(environment ?? {});
    if (option === undefined) return undefined;
    throw refusal(`${option} is an option of a step with python.`, 'Name its function: python: "train.py:fit".');
  }
  const [, file, name = step] = /^([^:]+\.py)(?::([\p{ID_Start}_][\p{ID_Continue}]*))?$/u.exec(String(python)) ?? [];
  if (file === undefined) {
    const expected = "python is a file, or a file and a function of it";
    throw refusal(`${expected}; received ${JSON.stringify(python)}.`, 'Write python: "train.py" or "train.py:fit".');
  }
  const named = fileBelow(file);
  return { kind: "python", python: `${named}:${name}`, ...(environment !== undefined && { environment }) };
}

/**
 * A Python environment without the members that say nothing; `undefined` where none says anything.
 *
 * @throws MillraceError `STEP_OPTIONS` where a member is not what it must be.
 */
export function readPythonEnvironment(given: Given): PythonEnvironment | undefined {
  const { requirements, conda, pythonVersion, interpreter, ...rest } = given;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refusal(`${unknown} is not an option of a Python environment.`, "Remove it.");
  const environment: PythonEnvironment = {
    ...(requirements !== undefined && { requirements: packages("requirements", requirements) }),
    ...(conda !== undefined && { conda: packages("conda", conda) }),
    ...(pythonVersion !== undefined && { pythonVersion: version(pythonVersion) }),
    ...(interpreter !== undefined && { interpreter: text("interpreter", interpreter) }),
  };
  return Object.keys(environment).length === 0 ? undefined : environment;
}

/** A step without an environment of its own has the flow's, and so has a service in Python that a step deploys. */
export function withEnvironment(step: StepDefinition, environment: PythonEnvironment | undefined): StepDefinition {
  if (environment === undefined) return step;
  const { body, deploy } = step;
  return {
    ...step,
    ...(body.kind === "python" && { body: { environment, ...body } }),
    ...(deploy !== undefined && isPythonFile(deploy.service) && { deploy: { ...deploy, environment } }),
  };
}

/** `service.py`, or `service.py#IrisClassifier`. */
function isPythonFile(service: string): boolean {
  return /\.py(?:#|$)/.test(service);
}

function packages(option: "requirements" | "conda", value: unknown): readonly string[] | string {
  if (typeof value === "string" && value !== "") return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string" && /^[^\s-].*$/.test(item))) return value;
  const file = option === "conda" ? "environment.yml" : "requirements.txt";
  throw refusal(
    `${option} is a list of packages or the name of a file; received ${JSON.stringify(value)}.`,
    `Write ${option}: ["numpy"] or ${option}: "${file}".`,
  );
}

function version(value: unknown): string {
  if (/^3\.\d{1,2}$/.test(String(value))) return String(value);
  throw refusal(
    `pythonVersion is a version such as "3.13"; received ${JSON.stringify(value)}.`,
    'Write pythonVersion: "3.13".',
  );
}

function text(option: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw refusal(`${option} is a program; received ${JSON.stringify(value)}.`, `Write ${option}: "/usr/bin/python3".`);
}

function refusal(message: string, fix: string): MillraceError {
  return new MillraceError("STEP_OPTIONS", message, { fix });
}
