import { readFileSync } from "node:fs";
import { type ModelSession, SessionModel } from "../session-model.ts";

const brand = Symbol.for("millrace.onnx");

/**
 * A model in the ONNX format: an artifact, and a model of services. It runs in `onnxruntime-node` where that is installed, else in `onnxruntime-web`,
 * which is WebAssembly.
 *
 * @example
 * ```ts
 * this.model = OnnxModel.at("iris.onnx");
 * const { label } = await this.model.run({ x: [[5.1, 3.5, 1.4, 0.2]] });
 * ```
 */
export class OnnxModel extends SessionModel {
  readonly [brand] = true;

  /** The model of a `.onnx` file. */
  static at(path: string): OnnxModel {
    return new OnnxModel(readFileSync(path));
  }

  /** Also of another copy of the package: a step's bundle may carry its own. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }

  protected async openSession(): Promise<ModelSession> {
    const { openSession } = await import("./session.ts");
    return await openSession(this.bytes);
  }
}
