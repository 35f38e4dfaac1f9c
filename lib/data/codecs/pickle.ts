import { PythonObject } from "../python-object.ts";
import type { Codec } from "./codec.ts";

/** What Python pickled, as it is: nothing here looks into it. */
export const pickleCodec: Codec = {
  name: "pickle",
  mediaType: "application/octet-stream",
  matches: (value) => value instanceof PythonObject,
  encode: (value) => (value as PythonObject).pickle,
  decode: (bytes, type) => new PythonObject(type, bytes),
};
