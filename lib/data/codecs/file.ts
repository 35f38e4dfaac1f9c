import { DecodeError, unreadableFile } from "../errors.ts";
import { ArtifactFile } from "../file.ts";
import type { Codec } from "./codec.ts";

const newline = 0x0a;

/** Files: a line of JSON with the name and the media type, then the content. */
export const fileCodec: Codec = {
  name: "file",
  mediaType: "application/octet-stream",
  matches: (value) => value instanceof ArtifactFile,
  encode(value, at) {
    const file = value as ArtifactFile;
    return Buffer.concat([Buffer.from(`${JSON.stringify({ name: file.name, type: file.type })}\n`), content(file, at)]);
  },
  decode(bytes) {
    const end = bytes.indexOf(newline);
    try {
      const { name, type } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as {
        name: string;
        type: string;
      };
      return new ArtifactFile(String(name), bytes.subarray(end + 1), String(type));
    } catch (error) {
      throw new DecodeError("file", "its first line is not the JSON that names the file", { cause: error });
    }
  },
};

function content(file: ArtifactFile, at: string): Uint8Array {
  try {
    return file.bytes();
  } catch (error) {
    throw unreadableFile(at, error);
  }
}
