import { checkMessage } from "./message.ts";

/** The beginning and the end of a file, and what is before the stream in it: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format */
const magic = "ARROW1";
const ahead = 8;

/** Ahead of a message's length; before version 0.15 there was none. */
const continuation = -1;

/** Far more than what a body holds has, where it is not made of nothing but them. */
const mostMessages = 10_000;

/** The stream that the bytes are, or that is in them where they are a file. @throws SyntaxError where it is cut off */
export function streamOf(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text.toString("latin1", 0, magic.length) !== magic) return wholeStream(text);
  if (text.toString("latin1", text.length - magic.length) !== magic || text.length < 2 * ahead) throw cutOff();
  return wholeStream(text.subarray(ahead));
}

/** The messages up to the mark that there are no more: a stream that was cut off between two would be read as a shorter one. */
function wholeStream(bytes: Buffer): Uint8Array {
  for (let at = 0, messages = 0; ; messages++) {
    if (messages > mostMessages) throw new SyntaxError(`it has more than ${mostMessages} messages`);
    if (at + 4 > bytes.length) throw cutOff();
    const first = bytes.readInt32LE(at);
    const length = first === continuation ? bytes.readInt32LE(at + 4) : first;
    at += first === continuation ? 8 : 4;
    if (length === 0) return bytes.subarray(0, at);
    if (length < 0 || at + length > bytes.length) throw cutOff();
    const { isSchema, bodyLength } = checkMessage(bytes.subarray(at, at + length));
    if (messages === 0 && !isSchema) throw new SyntaxError("it does not begin with a schema");
    if (bodyLength < 0 || at + length + bodyLength > bytes.length) throw cutOff();
    at += length + bodyLength;
  }
}

function cutOff(): SyntaxError {
  return new SyntaxError("it is no stream or file of Arrow's, or is cut off");
}
