/** What only the text that the user wrote tells, since lowering drops types and comments. Lines count from 1. */

/**
 * What the type of a method's argument says of a join: the names of a split's branches, `true` for inputs whose branches it does not name;
 * `undefined` of any other type, or none.
 *
 * @param line where the method's name stands
 */
export function declaredInputs(text: string, line: number, method: string): true | readonly string[] | undefined {
  const name = method.replace(/\W/g, "\\$&");
  const open = matchFrom(text, offsetOfLine(text, line), new RegExp(`(?<![\\w$.])${name}["']?\\]?\\s*\\(`, "g"));
  if (open === undefined) return undefined;
  const parameters = text.slice(open, closing(text, open));
  const type = /:\s*(?:\w+\.)?(Inputs|ForeachInputs)\s*</.exec(parameters);
  if (type === null) return undefined;
  if (type[1] === "ForeachInputs") return true;
  const from = type.index + type[0].length;
  return literals(parameters.slice(from, closing(parameters, from)).replace(/^[^,]*,/, ""));
}

/**
 * The line of a class's field.
 *
 * @param line where the class begins
 */
export function declaredField(text: string, line: number, field: string): number | undefined {
  const name = field.replace(/\W/g, "\\$&");
  const modifiers = "(?:(?:public|protected|private|declare|readonly|override|accessor)\\s+)*";
  const declaration = new RegExp(`^[ \\t]*${modifiers}["']?${name}["']?\\s*[?!]?\\s*[:=;]`, "gm");
  const end = matchFrom(text, offsetOfLine(text, line), declaration);
  return end === undefined ? undefined : text.slice(0, end).split("\n").length;
}

/** The members of a union of string literals; `true` where it is something else. */
function literals(union: string): true | string[] {
  const members = union.replace(/^\s*\||,\s*$/g, "").split("|");
  const names = members.map((member) => /^\s*(["'])(.*)\1\s*$/.exec(member)?.[2]).filter((name) => name !== undefined);
  return names.length === members.length ? names : true;
}

/** The JSDoc comments of a file that stand above a class or method, each up to its first tag, by `name:line` of what they document. */
export function docComments(text: string): Map<string, string> {
  const docs = new Map<string, string>();
  let [line, counted] = [1, 0];
  for (const match of text.matchAll(/\/\*\*(?!\/)(.*?)\*\//gs)) {
    const declaration = declarationAfter(text, match.index + match[0].length);
    const doc = (match[1] ?? "")
      .replace(/^[ \t]*\* ?/gm, "")
      .replace(/(^|\n)\s*@\w[\s\S]*/, "")
      .trim();
    if (declaration === undefined || doc === "") continue;
    for (; counted < declaration.offset; counted++) if (text[counted] === "\n") line++;
    docs.set(`${declaration.name}:${line}`, doc);
  }
  return docs;
}

const modifier = /(?:export|default|declare|abstract|public|protected|private|override|async|static)\b/y;

/** Behind decorators and modifiers, the name that is declared; `class` itself where it has none. */
function declarationAfter(text: string, from: number): { name: string; offset: number } | undefined {
  let at = from;
  for (let last = -1; at !== last; ) {
    last = at;
    at = skip(/\s+|\/\/.*/y, text, at);
    at = skip(modifier, text, at);
    const decorated = skip(/@[\w$.]+/y, text, at);
    at = decorated !== at && text[decorated] === "(" ? closing(text, decorated + 1) + 1 : decorated;
  }
  const named = /(?:class\s+(?!extends\b))?([\w$]+)/y;
  named.lastIndex = at;
  const match = named.exec(text);
  return match?.[1] === undefined ? undefined : { name: match[1], offset: at + match[0].length - match[1].length };
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function matchFrom(text: string, from: number, pattern: RegExp): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let i = 1; i < line; i++) offset = text.indexOf("\n", offset) + 1;
  return offset;
}

/** The bracket that closes what is open at `from`, or the end of the text. Brackets in strings and comments do not count. */
function closing(text: string, from: number): number {
  const token = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|\/\/.*|\/\*.*?\*\/|=>|[([{<]|[)\]}>]/gs;
  token.lastIndex = from;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match;
    if (/^[([{<]$/.test(found)) depth++;
    else if (/^[)\]}>]$/.test(found) && depth-- === 0) return match.index;
  }
  return text.length;
}
