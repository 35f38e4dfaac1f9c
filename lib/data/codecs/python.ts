import { PythonObject } from "../python-object.ts";
import type { Codec } from "./codec.ts";

/** What Python alone can read, as it is: nothing here looks into it. */
export const pythonCodecs: readonly Codec[] = ["pickle", "xgboost", "lightgbm", "torch", "torchscript"].map((name) => ({
  name,
  mediaType: "application/octet-stream",
  matches: (value) => value instanceof PythonObject && value.codec === name,
  encode: (value) => (value as PythonObject).bytes,
  decode: (bytes, type) => new PythonObject(type, bytes, name),
}));

/** Whether to read what a codec wrote is to run code that it holds: a pickle, PyTorch's modules, whose file is one, and TorchScript, which is a program. */
export function runsCode(codec: string): boolean {
  return ["pickle", "torch", "torchscript"].includes(codec);
}
