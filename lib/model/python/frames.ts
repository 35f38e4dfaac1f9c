import type { Readable, Writable } from "node:stream";

/** What stands before bytes. */
export interface ContentHead {
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

/** A document of JSON; where it has `content`, so many bytes follow its line. */
export interface Message {
  readonly type: string;
  readonly content?: ContentHead;
}

export function writeFrame(stream: Writable, message: Message, content?: Uint8Array): void {
  stream.write(`${JSON.stringify(message)}\n`);
  if (content !== undefined) stream.write(content);
}

/** Tells of each message with its bytes. */
export function readFrames(stream: Readable, take: (message: Message, content: Uint8Array) => void): void {
  let chunks: Buffer[] = [];
  let size = 0;
  let head: Message | undefined;

  const keep = (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
  };
  const taken = () => {
    const whole = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
    chunks = [];
    size = 0;
    return whole;
  };
  const wanted = (left: Buffer) => {
    if (head?.content !== undefined) return Math.min(head.content.size - size, left.length);
    const end = left.indexOf(10);
    return end < 0 ? left.length : end + 1;
  };
  const isComplete = () => (head?.content === undefined ? chunks.at(-1)?.at(-1) === 10 : size === head.content.size);

  stream.on("data", (chunk: Buffer) => {
    for (let left = chunk; left.length > 0; ) {
      const count = wanted(left);
      keep(left.subarray(0, count));
      left = left.subarray(count);
      if (!isComplete()) continue;
      if (head !== undefined) {
        take(head, taken());
        head = undefined;
      } else {
        const message = JSON.parse(taken().toString()) as Message;
        if (message.content === undefined || message.content.size === 0) take(message, new Uint8Array());
        else head = message;
      }
    }
  });
}
