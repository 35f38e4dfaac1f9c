/** The artifacts that are certainly set at a point of a function; `undefined` at a point that is never reached. */
export type Assigned = ReadonlySet<string> | undefined;

/** What is set where ways meet: what is set on all of them. */
export function meet(...ways: readonly Assigned[]): Assigned {
  const reached = ways.filter((way) => way !== undefined);
  const [first, ...rest] = reached;
  if (first === undefined || rest.length === 0) return first;
  return new Set([...first].filter((name) => rest.every((way) => way.has(name))));
}

export function withNames(assigned: Assigned, names: Iterable<string>): Assigned {
  if (assigned === undefined) return undefined;
  const more = [...names].filter((name) => !assigned.has(name));
  return more.length === 0 ? assigned : new Set([...assigned, ...more]);
}
