import { type Location, MillraceError } from "../../errors.ts";

/** One fault of a flow, found without running it. */
export interface Problem {
  /** Stable, so that a program can act on it; the text may change. */
  readonly code: string;
  readonly message: string;
  /** What to do about it, as a sentence. */
  readonly fix: string;
  readonly at?: Location;
}

/** The flow cannot run: all that is wrong with it, in the order of the source. */
export class FlowCheckError extends MillraceError {
  readonly problems: readonly Problem[];

  constructor(flow: string, problems: readonly Problem[]) {
    const [first] = problems;
    const only = problems.length === 1 && first !== undefined ? first : undefined;
    super("FLOW_CHECK", only?.message ?? `${flow} has ${problems.length} faults:\n${problems.map(text).join("\n")}`, {
      ...(only !== undefined && { fix: only.fix, at: only.at }),
    });
    this.problems = problems;
  }
}

function text({ at, message, fix }: Problem): string {
  const place = at === undefined ? "" : `${at.file}${at.line === undefined ? "" : `:${at.line}`}: `;
  return `  ${place}${message}\n    ${fix}`;
}

/** Found in a class's source, on whichever way, as in a document. */
export function parameterWrite(step: string, parameter: string): Problem {
  return {
    code: "PARAMETER_WRITE",
    message: `${step} sets ${parameter}, which is a parameter.`,
    fix: "Set an artifact instead: a parameter has one value in the whole run.",
  };
}
