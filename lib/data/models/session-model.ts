import type { Tensor } from "../tensor.ts";
import type { ModelInputs } from "./inputs.ts";

/** By the names of a model's outputs: tensors; of text, lists of strings. */
export type ModelOutputs = Record<string, Tensor | readonly string[]>;

/** A model that has been read, in what runs it. */
export interface ModelSession {
  run(inputs: ModelInputs): Promise<ModelOutputs>;
  close(): void | Promise<void>;
}

/** A model that is kept as bytes, and read when it is first run. */
export abstract class SessionModel {
  readonly bytes: Uint8Array;
  #opening: Promise<ModelSession> | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /**
   * Runs the model. Lists of numbers become the type that the input has, `float32` where that is not known.
   *
   * @param inputs By name; or the one input's value.
   * @throws MillraceError `ONNX_INPUT` or `TFJS_INPUT` where an input is missing or none of the model's; and as {@link open}.
   */
  async run(inputs: ModelInputs): Promise<ModelOutputs> {
    return await (await this.#opened()).run(inputs);
  }

  /**
   * Reads the model, which the first run does otherwise.
   *
   * @throws MillraceError `PACKAGE_MISSING` where nothing that runs it is installed; `ONNX_MODEL` or `TFJS_MODEL` where it is no model.
   */
  async open(): Promise<void> {
    await this.#opened();
  }

  /** Frees what it runs in. */
  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    await (await opening?.catch(() => undefined))?.close();
  }

  protected abstract openSession(): Promise<ModelSession>;

  #opened(): Promise<ModelSession> {
    this.#opening ??= this.openSession();
    return this.#opening;
  }
}
