export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "s" | "ms" | "MB" | "bytes" | "× node -e 0" | "requests" | "states";
  /** What it is to be at the most. */
  readonly atMost: number;
  readonly reached: boolean;
}

export function figure(name: string, value: number, unit: Figure["unit"], atMost: number): Figure {
  return { name, value: Number(value.toPrecision(4)), unit, atMost, reached: value <= atMost };
}
