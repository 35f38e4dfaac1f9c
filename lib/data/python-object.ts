const brand = Symbol.for("millrace.python-object");

/**
 * An object of a Python step that is nothing to TypeScript, such as a fitted model: its type and its bytes. Left in an artifact, it is the same
 * object again in the next Python step.
 */
export class PythonObject {
  readonly [brand] = true;
  /** The type in Python: `sklearn.svm.SVC`. */
  readonly type: string;
  readonly bytes: Uint8Array;
  /** How they were written: `pickle`, or a format of the object's own, as `xgboost`. */
  readonly codec: string;

  constructor(type: string, bytes: Uint8Array, codec = "pickle") {
    this.type = type;
    this.bytes = bytes;
    this.codec = codec;
  }

  /** Also of another copy of the package: a step's bundle may carry its own. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
