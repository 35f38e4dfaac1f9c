/** A file of an archive. */
export interface TarFile {
  /** At most 100 bytes. */
  readonly name: string;
  readonly size: number;
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

const block = 512;

/**
 * An archive a piece at a time, the same bytes for the same files: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html. A package would be
 * a twentieth of what a step's bundle may have.
 */
export async function* tar(files: Iterable<TarFile>): AsyncGenerator<Uint8Array> {
  for (const { name, size, pieces } of files) {
    yield headerOf(name, size);
    yield* pieces;
    yield Buffer.alloc(-size & (block - 1));
  }
  yield Buffer.alloc(2 * block);
}

function headerOf(name: string, size: number): Uint8Array {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`${name} is longer than the 100 bytes that an archive has.`);
  const header = Buffer.alloc(block);
  const write = (at: number, text: string) => header.write(text, at);
  write(0, name);
  write(100, "0000644\x000000000\x000000000");
  // From 8 GiB on in base 256, as GNU's and everybody's tar reads it.
  if (size < 8 ** 11) write(124, size.toString(8).padStart(11, "0"));
  else header.writeBigUInt64BE(BigInt(size), header.writeUInt32BE(2 ** 31, 124));
  write(136, "00000000000");
  write(148, "        0");
  write(257, "ustar\x0000");
  const sum = header.reduce((all, byte) => all + byte);
  write(148, `${sum.toString(8).padStart(6, "0")}\0`);
  return header;
}
