export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit:
    | "s"
    | "ms"
    | "MB"
    | "bytes"
    | "× node -e 0"
    | "× bare fastify"
    | "× without"
    | "× before"
    | "requests"
    | "states";
  /** What it is to be at the most, or at the least. */
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly reached: boolean;
}

/** @param bound What the value is to be at the most; what it is to be at the least as `{ atLeast }`. */
export function figure(
  name: string,
  value: number,
  unit: Figure["unit"],
  bound: number | { readonly atLeast: number },
): Figure {
  const rounded = Number(value.toPrecision(4));
  if (typeof bound === "number") return { name, value: rounded, unit, atMost: bound, reached: value <= bound };
  return { name, value: rounded, unit, ...bound, reached: value >= bound.atLeast };
}
