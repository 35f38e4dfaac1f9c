import { ArtifactFile } from "../file.ts";
import { OnnxModel } from "../models/onnx/model.ts";
import { TfjsModel } from "../models/tfjs/model.ts";
import { PythonObject } from "../python-object.ts";
import { Tensor } from "../tensor.ts";
import { isTable } from "./arrow.ts";

/** What a value is, for people: `number`, `Array(3)`, `Map(2)`, `Float64Array(1000)`. */
export function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  if (Array.isArray(value)) return `Array(${value.length})`;
  const name = className(value);
  if (value instanceof Tensor) return `Tensor(${className(value.data)}, ${value.shape.join("×")})`;
  if (value instanceof ArtifactFile) return `File(${value.name})`;
  // Where the class is in a bundle, its own name is short for nothing.
  if (value instanceof OnnxModel) return "OnnxModel";
  if (value instanceof TfjsModel) return "TfjsModel";
  if (value instanceof PythonObject) return value.type;
  if (isTable(value)) return `Table(${value.numRows}×${value.numCols})`;
  if (value instanceof Map || value instanceof Set) return `${name}(${value.size})`;
  if (ArrayBuffer.isView(value)) return `${name}(${"length" in value ? value.length : value.byteLength})`;
  if (value instanceof ArrayBuffer) return `${name}(${value.byteLength})`;
  return name;
}

/** The name of the value's class; `Object` for plain objects, also those without a prototype. */
export function className(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== "object" || prototype === null) return "Object";
  const made: unknown = prototype.constructor;
  return typeof made === "function" && made.name !== "" ? made.name : "Object";
}
