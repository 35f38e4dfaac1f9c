import { statSync } from "node:fs";
import { join } from "node:path";
import { type ModelSession, SessionModel } from "../session-model.ts";
import { isGraph, readHead, readModelJson, type TfjsContent, writeContent } from "./content.ts";

const brand = Symbol.for("millrace.tfjs");

/** What of TensorFlow.js's models is needed to keep one: `LayersModel` and `GraphModel` have it. */
export interface SavableModel {
  save(handler: { save(content: TfjsContent): Promise<SaveResult> }): Promise<unknown>;
}

interface SaveResult {
  readonly modelArtifactsInfo: { readonly dateSaved: Date; readonly modelTopologyType: "JSON" };
}

/**
 * A model of TensorFlow.js, of layers or a graph: an artifact, and a model of services. It runs in `@tensorflow/tfjs-backend-wasm` where that is
 * installed, else in `@tensorflow/tfjs-backend-cpu`; and needs `@tensorflow/tfjs-core` with `@tensorflow/tfjs-layers` or, for graphs,
 * `@tensorflow/tfjs-converter`.
 *
 * @example
 * ```ts
 * this.model = await TfjsModel.of(trained);
 * this.model = TfjsModel.at("mobilenet/model.json");
 * const { dense_Dense1 } = await this.model.run([[5.1, 3.5, 1.4, 0.2]]);
 * ```
 */
export class TfjsModel extends SessionModel {
  readonly [brand] = true;

  /** A model as it is now: `await TfjsModel.of(tf.sequential(…))`. What it learns later is not in it. */
  static async of(model: SavableModel): Promise<TfjsModel> {
    let bytes: Uint8Array = new Uint8Array();
    await model.save({
      async save(content) {
        bytes = writeContent(content);
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
      },
    });
    return new TfjsModel(bytes);
  }

  /**
   * The model of a `model.json` and the files of weights beside it.
   *
   * @param path The file's, or that of its folder.
   * @throws MillraceError `TFJS_MODEL` where they cannot be read.
   */
  static at(path: string): TfjsModel {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    return new TfjsModel(writeContent(readModelJson(isFolder ? join(path, "model.json") : path)));
  }

  /** Whether it is a graph of operations, as TensorFlow's converter makes them, or of layers. @throws MillraceError `TFJS_MODEL` */
  get isGraph(): boolean {
    return isGraph(readHead(this.bytes));
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
