import { TfjsModel } from "../models/tfjs/model.ts";
import type { Codec } from "./codec.ts";

/** Models of TensorFlow.js: topology and weights in one. */
export const tfjsCodec: Codec = {
  name: "tfjs",
  mediaType: "application/octet-stream",
  matches: (value) => value instanceof TfjsModel,
  encode: (value) => (value as TfjsModel).bytes,
  decode: (bytes) => new TfjsModel(bytes),
};
