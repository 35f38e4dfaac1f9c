// Headers of messages, before the library reads it: it believes the lengths that it finds, and reads on until there is no memory left.

/** What of a message is asked here. */
export interface MessageHead {
  readonly isSchema: boolean;
  readonly bodyLength: number;
}

// https://github.com/apache/arrow/blob/main/format/Message.fbs, Schema.fbs and File.fbs: fields by their position.
const message = { headerType: 1, header: 2, bodyLength: 3, metadata: 4 };
const schema = { fields: 1, metadata: 2, features: 3 };
const field = { name: 0, typeKind: 2, type: 3, children: 5, metadata: 6 };
const dictionaryBatch = { data: 1 };
const recordBatch = { nodes: 1, buffers: 2, compression: 3, variadic: 4 };
const keyValue = { key: 0, value: 1 };
const timestamp = { kind: 10, zone: 1 };
const footer = { schema: 1, dictionaries: 2, batches: 3, metadata: 4 };
const kinds = { schema: 1, dictionaryBatch: 2, recordBatch: 3 };

const blockSize = 24;
const deepest = 32;

/**
 * Checks that a message's header refers to nothing outside of it, and is not larger than its bytes: parts may be referred to many times.
 *
 * @throws SyntaxError, RangeError
 */
export function checkMessage(bytes: Buffer): MessageHead {
  const check = new Check(bytes);
  const root = check.root();
  const kind = root.byte(message.headerType);
  const header = root.table(message.header);
  check.metadata(root, message.metadata);
  if (header === undefined) throw new SyntaxError("a message has no header");
  if (kind === kinds.schema) {
    check.schema(header);
  } else if (kind === kinds.dictionaryBatch) {
    const data = header.table(dictionaryBatch.data);
    if (data === undefined) throw new SyntaxError("a dictionary has no values");
    check.batch(data);
  } else if (kind === kinds.recordBatch) {
    check.batch(header);
  } else {
    throw new SyntaxError("a message is none of a table");
  }
  return { isSchema: kind === kinds.schema, bodyLength: root.long(message.bodyLength) };
}

/** Checks a file's footer. @returns Where its messages begin, those of dictionaries first. @throws SyntaxError, RangeError */
export function checkFooter(bytes: Buffer): number[] {
  const check = new Check(bytes);
  const root = check.root();
  const header = root.table(footer.schema);
  if (header === undefined) throw new SyntaxError("it has no schema");
  check.schema(header);
  check.metadata(root, footer.metadata);
  return [footer.dictionaries, footer.batches].flatMap((position) => {
    const { start, count } = check.vector(root, position, blockSize);
    return Array.from({ length: count }, (_, i) => Number(bytes.readBigInt64LE(start + blockSize * i)));
  });
}

/** A table of a FlatBuffer: https://flatbuffers.dev/internals/ */
class TableView {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #places: number;
  readonly #count: number;

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes;
    this.#start = start;
    const places = start - bytes.readInt32LE(start);
    this.#count = Math.max(0, (bytes.readUInt16LE(places) >> 1) - 2);
    this.#places = places + 4;
  }

  byte(position: number): number {
    const place = this.#place(position);
    return place === undefined ? 0 : this.#bytes.readUInt8(place);
  }

  long(position: number): number {
    const place = this.#place(position);
    return place === undefined ? 0 : Number(this.#bytes.readBigInt64LE(place));
  }

  /** Where what a field refers to begins. */
  target(position: number): number | undefined {
    const place = this.#place(position);
    return place === undefined ? undefined : place + this.#bytes.readUInt32LE(place);
  }

  table(position: number): TableView | undefined {
    const target = this.target(position);
    return target === undefined ? undefined : new TableView(this.#bytes, target);
  }

  #place(position: number): number | undefined {
    const offset = position < this.#count ? this.#bytes.readUInt16LE(this.#places + 2 * position) : 0;
    return offset === 0 ? undefined : this.#start + offset;
  }
}

class Check {
  readonly #bytes: Buffer;
  #room: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    // No writer refers to a part more than a few times.
    this.#room = 8 * bytes.length + 4096;
  }

  root(): TableView {
    return new TableView(this.#bytes, this.#bytes.readUInt32LE(0));
  }

  /** The places of a vector's elements. */
  vector(table: TableView, position: number, size: number): { readonly start: number; readonly count: number } {
    const target = table.target(position);
    if (target === undefined) return { start: 0, count: 0 };
    const count = this.#bytes.readUInt32LE(target);
    const start = target + 4;
    if (start + count * size > this.#bytes.length)
      throw new SyntaxError("a list of a message is longer than the message");
    this.#spend(count * size);
    return { start, count };
  }

  text(table: TableView, position: number): void {
    this.vector(table, position, 1);
  }

  tables(table: TableView, position: number): TableView[] {
    const { start, count } = this.vector(table, position, 4);
    return Array.from({ length: count }, (_, i) => {
      const place = start + 4 * i;
      return new TableView(this.#bytes, place + this.#bytes.readUInt32LE(place));
    });
  }

  schema(table: TableView): void {
    this.fields(table, schema.fields, 0);
    this.metadata(table, schema.metadata);
    this.vector(table, schema.features, 8);
  }

  fields(table: TableView, position: number, depth: number): void {
    if (depth > deepest) throw new SyntaxError(`its columns are nested more than ${deepest} times`);
    for (const view of this.tables(table, position)) {
      this.text(view, field.name);
      const type = view.table(field.type);
      if (type !== undefined && view.byte(field.typeKind) === timestamp.kind) this.text(type, timestamp.zone);
      this.metadata(view, field.metadata);
      this.fields(view, field.children, depth + 1);
    }
  }

  metadata(table: TableView, position: number): void {
    for (const view of this.tables(table, position)) {
      this.text(view, keyValue.key);
      this.text(view, keyValue.value);
    }
  }

  batch(table: TableView): void {
    if (table.target(recordBatch.compression) !== undefined) {
      throw new SyntaxError("it is compressed, which is not read here: write it without compression");
    }
    this.vector(table, recordBatch.nodes, 16);
    this.vector(table, recordBatch.buffers, 16);
    this.vector(table, recordBatch.variadic, 8);
  }

  #spend(size: number): void {
    this.#room -= size;
    if (this.#room < 0) throw new SyntaxError("a message refers to the same parts again and again");
  }
}
