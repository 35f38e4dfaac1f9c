/** A value as DynamoDB's API writes it: `{ S: "text" }`. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly B: string }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: Readonly<Record<string, AttributeValue>> }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] };

export type Item = Readonly<Record<string, AttributeValue>>;

/** Members that are undefined are left out; a Set of strings or numbers becomes a set of DynamoDB's. */
export function marshall(value: object): Item {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, toAttribute(member)]));
}

export function unmarshall(item: Item): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, fromAttribute(value)]));
}

/** @throws TypeError for what DynamoDB has no type for. */
export function toAttribute(value: unknown): AttributeValue {
  switch (typeof value) {
    case "string":
      return { S: value };
    case "boolean":
      return { BOOL: value };
    case "bigint":
      return { N: `${value}` };
    case "number":
      if (Number.isFinite(value)) return { N: `${value}` };
      break;
    case "object":
      if (value === null) return { NULL: true };
      if (Array.isArray(value)) return { L: value.map(toAttribute) };
      if (value instanceof Uint8Array)
        return { B: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
      if (value instanceof Set) return fromSet(value);
      return { M: marshall(value) };
  }
  throw new TypeError(`DynamoDB has no type for ${String(value)}`);
}

export function fromAttribute(value: AttributeValue): unknown {
  if ("S" in value) return value.S;
  if ("N" in value) return Number(value.N);
  if ("BOOL" in value) return value.BOOL;
  if ("B" in value) return new Uint8Array(Buffer.from(value.B, "base64"));
  if ("L" in value) return value.L.map(fromAttribute);
  if ("M" in value) return unmarshall(value.M);
  if ("SS" in value) return new Set(value.SS);
  if ("NS" in value) return new Set(value.NS.map(Number));
  return null;
}

/** DynamoDB has no empty sets. */
function fromSet(set: ReadonlySet<unknown>): AttributeValue {
  const members = [...set];
  if (members.length > 0 && members.every((member) => typeof member === "string")) return { SS: members };
  if (members.length > 0 && members.every((member) => Number.isFinite(member))) return { NS: members.map(String) };
  throw new TypeError("DynamoDB has sets of strings or of numbers, none that is empty or mixed");
}
