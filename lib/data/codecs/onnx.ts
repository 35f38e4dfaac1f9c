import { OnnxModel } from "../models/onnx/model.ts";
import type { Codec } from "./codec.ts";

/** Models in the ONNX format, as their files are. */
export const onnxCodec: Codec = {
  name: "onnx",
  mediaType: "application/octet-stream",
  matches: (value) => value instanceof OnnxModel,
  encode: (value) => (value as OnnxModel).bytes,
  decode: (bytes) => new OnnxModel(bytes),
};
