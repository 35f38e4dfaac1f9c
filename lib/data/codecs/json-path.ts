import { inspect, types } from "node:util";

/** Where a value is, as an expression of the user's: `this.model.layers[3]`, `this.model.get("a")`, `[...this.seen][0]`. */
export function pathTo(at: string, root: unknown, keys: readonly (string | number)[]): string {
  let path = at;
  let here = root;
  for (let next = 0; next < keys.length; next++) {
    const key = keys[next] as string | number;
    const index = Number(keys[next + 1]);
    if (types.isMap(here)) {
      const [entryKey, value] = [...here][index] ?? [];
      const isValue = keys[next + 2] === 1;
      path = isValue ? `${path}.get(${keyText(entryKey)})` : `[...${path}.keys()][${index}]`;
      here = isValue ? value : entryKey;
      next += 2;
    } else if (types.isSet(here)) {
      path = `[...${path}][${index}]`;
      here = [...here][index];
      next += 1;
    } else if (!types.isNativeError(here) || key !== "fields") {
      path += typeof key === "number" ? `[${key}]` : isIdentifier(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
      here = memberOf(here, key);
    }
  }
  return path;
}

function keyText(key: unknown): string {
  return typeof key === "string" ? JSON.stringify(key) : inspect(key, { depth: 0, breakLength: Infinity });
}

/** Undefined where reading it is what fails, and behind `toJSON`, whose result is not at hand: from there on a path is as it is written. */
function memberOf(value: unknown, key: string | number): unknown {
  try {
    return (value as Record<string | number, unknown> | undefined)?.[key];
  } catch {
    return undefined;
  }
}

function isIdentifier(key: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key);
}
