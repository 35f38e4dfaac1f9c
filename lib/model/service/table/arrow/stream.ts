import { checkFooter, checkMessage } from "./message.ts";

/** Of a file, at both of its ends: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format */
const magic = "ARROW1";

/** Ahead of a message's length; before version 0.15 there was none. */
const continuation = -1;

/** Far more than a body has that is not made of nothing but them. */
const mostMessages = 10_000;

/**
 * Checks that all messages of a stream or a file are whole.
 *
 * @returns What the library may read: a stream, or a file with its footer.
 * @throws SyntaxError, RangeError
 */
export function wholeTable(bytes: Uint8Array): Uint8Array {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return content.toString("latin1", 0, magic.length) === magic ? wholeFile(content) : wholeStream(content);
}

/** Up to the mark that there are no more messages: a stream that was cut off between two would be read as a shorter one. */
function wholeStream(bytes: Buffer): Buffer {
  let at = 0;
  for (let messages = 0; messages < mostMessages; messages++) {
    const { end, isSchema } = messageAt(bytes, at);
    if (isSchema === undefined && messages > 0) return bytes.subarray(0, end);
    if (messages === 0 && isSchema !== true) throw new SyntaxError("it does not begin with a schema");
    at = end;
  }
  throw tooMany();
}

/** The footer has the schema, and where the messages are. */
function wholeFile(bytes: Buffer): Buffer {
  const end = bytes.length - magic.length - 4;
  if (end < 8 || bytes.toString("latin1", end + 4) !== magic) throw cutOff();
  const start = end - bytes.readInt32LE(end);
  if (start < 8 || start > end) throw cutOff();
  const blocks = checkFooter(bytes.subarray(start, end));
  if (blocks.length > mostMessages) throw tooMany();
  for (const offset of blocks) messageAt(bytes, offset);
  return bytes;
}

/** @returns Where it ends; `isSchema` is `undefined` where it is the mark of the end. */
function messageAt(bytes: Buffer, at: number): { readonly end: number; readonly isSchema: boolean | undefined } {
  if (at + 4 > bytes.length) throw cutOff();
  const first = bytes.readInt32LE(at);
  const length = first === continuation ? bytes.readInt32LE(at + 4) : first;
  const start = at + (first === continuation ? 8 : 4);
  if (length === 0) return { end: start, isSchema: undefined };
  if (length < 0 || start + length > bytes.length) throw cutOff();
  const { isSchema, bodyLength } = checkMessage(bytes.subarray(start, start + length));
  const end = start + length + bodyLength;
  if (bodyLength < 0 || end > bytes.length) throw cutOff();
  return { end, isSchema };
}

function cutOff(): SyntaxError {
  return new SyntaxError("it is no stream or file of Arrow's, or is cut off");
}

function tooMany(): SyntaxError {
  return new SyntaxError(`it has more than ${mostMessages} messages`);
}
