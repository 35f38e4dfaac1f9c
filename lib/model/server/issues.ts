import type { InputIssue } from "./errors.ts";

/** As many issues are told: a table can have thousands. */
const most = 20;

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema found, with paths as they are written in code. */
export function issuesOf(issues: readonly Issue[]): InputIssue[] {
  return issues.slice(0, most).map(({ path = [], message }) => ({
    path: path.map((part) => pathPart(typeof part === "object" ? part.key : part)).join(""),
    message,
  }));
}

function pathPart(key: PropertyKey): string {
  if (typeof key === "number") return `[${key}]`;
  const name = String(key);
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
