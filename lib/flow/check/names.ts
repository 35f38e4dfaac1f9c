import type { FlowDefinition } from "../definition.ts";
import { placeOf } from "./place.ts";
import type { Problem } from "./problem.ts";

/** A step's name is that of its state, and Step Functions takes 80 characters. */
const longest = 80;

/** What every flow has by itself. */
const members: ReadonlySet<string> = new Set(["next", "foreach", "current", "input", "index"]);

/** Names stand in paths, keys, state names and members of objects: all of these must take them as they are. */
export function checkNames(definition: FlowDefinition): Problem[] {
  const problems: Problem[] = [];
  const check = (what: string, name: string, place: Pick<Problem, "at">) => {
    const fault = faultOf(name);
    if (fault === undefined) return;
    const shown = name.length > longest ? `${name.slice(0, 20)}…` : name;
    problems.push({
      code: "NAME",
      message: `${what} cannot be named ${JSON.stringify(shown)}: ${fault}.`,
      fix: "Rename it.",
      ...place,
    });
  };
  check("A flow", definition.name, placeOf(definition));
  for (const name of Object.keys(definition.parameters)) {
    const { line } = definition.parameters[name] ?? {};
    check("A parameter", name, placeOf(definition, undefined, line === undefined ? {} : { line }));
  }
  for (const name of definition.artifacts) check("An artifact", name, placeOf(definition));
  for (const name of Object.keys(definition.steps)) check("A step", name, placeOf(definition, name));
  return problems;
}

function faultOf(name: string): string | undefined {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) return "a name has letters, digits, _ and -, and begins with a letter or _";
  if (name.length > longest)
    return `it has ${name.length} characters, and ${longest} are the most that Step Functions takes`;
  if (members.has(name)) return "every flow has a member of that name";
  if (name in Object.prototype) return "every object has a member of that name";
  return undefined;
}
