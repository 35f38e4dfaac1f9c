import type { Frame } from "../metadata/records.ts";
import { InlineBudget, storeEncoded } from "./artifacts.ts";
import { type Encoded, encode } from "./codecs/index.ts";
import { encodeJson } from "./codecs/json.ts";
import type { BlobStore } from "./store.ts";

const frameItems = 1000;
const frameBytes = 256 * 1024;
/** Frames that are on their way at the same time: bounds the memory, and is enough to fill a connection. */
const inFlight = 8;

/** What a foreach goes over. */
export type Items = readonly unknown[] | NodeJS.TypedArray;

/**
 * Writes a foreach's items in frames of consecutive items, so that a task reads its own and few others. A frame is an
 * artifact, a list or a typed array: at most 1,000 items or 256 KB,
 * whichever comes first; a larger item is alone in its frame. If all of them fit into one frame of 4 KB, it travels in the record.
 *
 * @param at What the items are called in errors: `this.foreach(items)`.
 * @throws EncodeError, StoreError
 */
export async function storeItems(items: Items, at: string, blobs: BlobStore): Promise<readonly Frame[]> {
  const budget = new InlineBudget();
  const none = InlineBudget.none();
  const frames: Promise<Frame>[] = [];
  for (const { count, encoded } of encodeFrames(items, at)) {
    const frame = storeEncoded(encoded, blobs, count === items.length ? budget : none).then((ref) => ({
      items: count,
      ref,
    }));
    // Awaited further down, after others: a failure until then is not an unhandled one.
    frame.catch(() => {});
    frames.push(frame);
    await frames.at(-inFlight);
  }
  return await Promise.all(frames);
}

interface EncodedFrame {
  readonly count: number;
  readonly encoded: Encoded;
}

function encodeFrames(items: Items, at: string): Iterable<EncodedFrame> {
  return Array.isArray(items) ? listFrames(items, at) : numberFrames(items as NodeJS.TypedArray, at);
}

function* numberFrames(items: NodeJS.TypedArray, at: string): Iterable<EncodedFrame> {
  for (let start = 0; start < items.length; start += frameItems) {
    const part = items.subarray(start, start + frameItems);
    yield { count: part.length, encoded: encode(part, at) };
  }
}

/** Each item is written by itself, so that only one frame is in memory as text at a time. */
function* listFrames(items: readonly unknown[], at: string): Iterable<EncodedFrame> {
  let texts: string[] = [];
  let length = 0;
  for (let index = 0; index < items.length; index++) {
    const text = encodeJson(items[index], `${at}[${index}]`);
    if (texts.length > 0 && (texts.length === frameItems || length + text.length > frameBytes)) {
      yield listFrame(texts);
      texts = [];
      length = 0;
    }
    texts.push(text);
    length += text.length + 1;
  }
  if (texts.length > 0) yield listFrame(texts);
}

function listFrame(texts: readonly string[]): EncodedFrame {
  const text = `[${texts.join(",")}]`;
  return {
    count: texts.length,
    encoded: { codec: "json", type: `Array(${texts.length})`, bytes: Buffer.from(text), text },
  };
}
