/** Fields of a protobuf message by number: numbers, texts, and messages. */
type Fields = readonly (readonly [field: number, value: number | string | Fields | Uint8Array])[];

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

function message(fields: Fields): number[] {
  return fields.flatMap(([field, value]) => {
    if (typeof value === "number") return [...varint(field << 3), ...varint(value)];
    const content =
      typeof value === "string" ? [...Buffer.from(value)] : value instanceof Uint8Array ? [...value] : message(value);
    return [...varint((field << 3) | 2), ...varint(content.length), ...content];
  });
}

/** A float tensor of unknown length by the given width. */
function value(name: string, width: number): Fields {
  const shape: Fields = [
    [1, [[2, "rows"]]],
    [1, [[1, width]]],
  ];
  return [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, 1],
            [2, shape],
          ],
        ],
      ],
    ],
  ];
}

/** The model `y = x · weights`, as the format of https://onnx.ai/onnx/repo-docs/IR.html has it. */
export function linearOnnx(weights: readonly (readonly number[])[]): Uint8Array {
  const width = weights[0]?.length ?? 0;
  const tensor: Fields = [
    [1, weights.length],
    [1, width],
    [2, 1],
    [8, "weights"],
    [9, new Uint8Array(Float32Array.from(weights.flat()).buffer)],
  ];
  const node: Fields = [
    [1, "x"],
    [1, "weights"],
    [2, "y"],
    [4, "MatMul"],
  ];
  const graph: Fields = [
    [1, node],
    [2, "linear"],
    [5, tensor],
    [11, value("x", weights.length)],
    [12, value("y", width)],
  ];
  return Uint8Array.from(
    message([
      [1, 8],
      [7, graph],
      [8, [[2, 13]]],
    ]),
  );
}
