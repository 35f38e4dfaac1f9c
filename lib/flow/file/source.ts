import { isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument, visit, type Node as YamlNode } from "yaml";
import { FlowCheckError, type Problem } from "../check/problem.ts";

/** A parsed file that still knows where its values are. */
export interface Source {
  readonly file: string;
  readonly data: unknown;
  /** The line of a value or, where there is none, of what is nearest around it. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Reads YAML 1.2, and JSON with it. @throws FlowCheckError where the text is neither. */
export function parseSource(file: string, text: string): Source {
  const lines = new LineCounter();
  // JSON may be indented by tabs, YAML may not.
  const document = parseDocument(
    file.endsWith(".json") ? text.replace(/^\t+/gm, (tabs) => " ".repeat(tabs.length)) : text,
    {
      lineCounter: lines,
      prettyErrors: false,
    },
  );
  const lineAt = (offset: number | undefined) => Math.max(1, lines.linePos(offset ?? 0).line);
  const problems = document.errors.map(({ message, pos }) => syntaxProblem(file, message, lineAt(pos[0])));
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === "__proto__") problems.push(protoProblem(file, lineAt(key.range?.[0])));
    },
  });
  if (problems.length > 0) throw new FlowCheckError(file, problems);
  return {
    file,
    data: toData(file, () => document.toJS()),
    lineOf: (path) => lineAt(offsetOf(document.contents, path)),
  };
}

/** Of the key, where the value has one. */
function offsetOf(root: YamlNode | null, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      offset = isScalar(pair?.key) ? pair.key.range?.[0] : offset;
      node = pair?.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = (node as YamlNode | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}

/** An alias that refers to too much (a "billion laughs") is only found when the aliases are resolved. */
function toData(file: string, resolve: () => unknown): unknown {
  try {
    return resolve();
  } catch (cause) {
    throw new FlowCheckError(file, [syntaxProblem(file, cause instanceof Error ? cause.message : String(cause), 1)]);
  }
}

function syntaxProblem(file: string, message: string, line: number): Problem {
  const [sentence = message] = message.split("\n");
  return {
    code: "FILE_SYNTAX",
    message: `The file is neither YAML nor JSON: ${sentence}.`,
    fix: "Correct the syntax.",
    at: { file, line },
  };
}

function protoProblem(file: string, line: number): Problem {
  return {
    code: "FILE_VALUE",
    message: "Nothing can be named __proto__.",
    fix: "Choose another name.",
    at: { file, line },
  };
}
