/** One way of writing values as bytes. Which one an artifact was written with is on its record, so a name's meaning never changes. */
export interface Codec {
  readonly name: string;
  /** Of the bytes. */
  readonly mediaType: string;
  /** Loads the package that the codec writes and reads with, where that is an optional one; awaited before. Where it is missing, `decode` throws. */
  load?(): Promise<void>;
  /** Whether this codec is the one for the value; the first of the registry that says so is taken. */
  matches(value: unknown): boolean;
  /**
   * @param at What the value is called in errors: `this.model`.
   * @throws EncodeError
   */
  encode(value: unknown, at: string): Uint8Array | string;
  /**
   * @param bytes Belong to the decoded value from then on: it may be a view of them.
   * @param type What the value was described as.
   * @throws DecodeError
   */
  decode(bytes: Uint8Array, type: string): unknown;
}
