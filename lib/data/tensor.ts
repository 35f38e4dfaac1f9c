/// <reference lib="esnext.float16" preserve="true" />
import { MillraceError } from "../errors.ts";

const brand = Symbol.for("millrace.tensor");

/** The number types of a tensor and of an .npy file. `Float16Array` too, where Node has it (24 and later). */
export type TensorData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float16Array
  | Float32Array
  | Float64Array;

/**
 * Numbers with a shape, in row-major order. As an artifact it is stored as an .npy file, which Python reads as an array of that shape.
 *
 * @example
 * this.image = new Tensor(new Float32Array(28 * 28), [28, 28]);
 */
export class Tensor<Data extends TensorData = TensorData> {
  readonly [brand] = true;
  readonly data: Data;
  /** Lengths of the dimensions, outermost first; `[]` for a single number. */
  readonly shape: readonly number[];

  /** @throws MillraceError `TENSOR_SHAPE` where the shape has not as many elements as the data. */
  constructor(data: Data, shape: readonly number[]) {
    const valid = shape.every((length) => Number.isSafeInteger(length) && length >= 0);
    if (!valid || shape.reduce((product, length) => product * length, 1) !== data.length) {
      throw new MillraceError(
        "TENSOR_SHAPE",
        `The shape [${shape.join(", ")}] does not have the data's ${data.length} elements.`,
        {
          fix: "Give lengths whose product is the number of elements.",
        },
      );
    }
    this.data = data;
    this.shape = shape;
  }

  /** Also of another copy of the package: a step's bundle may carry its own. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
