import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { MillraceError } from "../../../errors.ts";

/** What TensorFlow.js has a model in: https://js.tensorflow.org/api/latest/#class:io.ModelArtifacts */
export interface TfjsContent {
  /** `layers-model` or `graph-model`. */
  readonly format?: string | undefined;
  readonly modelTopology?: object | ArrayBuffer | undefined;
  readonly weightSpecs?: readonly object[] | undefined;
  /** Of all weights, in the order of their specifications. */
  readonly weightData?: ArrayBuffer | readonly ArrayBuffer[] | undefined;
}

interface ModelJson extends TfjsContent {
  readonly weightsManifest?: readonly { readonly paths: readonly string[]; readonly weights: readonly object[] }[];
}

const newline = 0x0a;

/** What is of the model itself; the rest tells who wrote it, and when. */
const kept: ReadonlySet<string> = new Set([
  "format",
  "modelTopology",
  "weightSpecs",
  "trainingConfig",
  "signature",
  "userDefinedMetadata",
  "modelInitializer",
  "initializerSignature",
]);

/** A model as bytes, the same for the same model: a line of JSON, and the weights behind it. */
export function writeContent({ weightData = [], ...described }: TfjsContent): Uint8Array {
  const entries = Object.entries(described).filter(([key, value]) => kept.has(key) && value != null);
  const head = JSON.stringify(Object.fromEntries(entries), (_, value) => sorted(value));
  const weights = weightData instanceof ArrayBuffer ? [weightData] : weightData;
  return new Uint8Array(Buffer.concat([Buffer.from(`${head}\n`), ...weights.map((part) => new Uint8Array(part))]));
}

/** Reads what {@link writeContent} wrote. @throws MillraceError `TFJS_MODEL` */
export function readContent(bytes: Uint8Array): TfjsContent {
  // A copy: TensorFlow.js takes weights from the beginning of a buffer.
  return { ...readHead(bytes), weightData: Uint8Array.from(bytes.subarray(bytes.indexOf(newline) + 1)).buffer };
}

/** All but the weights. @throws MillraceError `TFJS_MODEL` */
export function readHead(bytes: Uint8Array): TfjsContent {
  try {
    const head = JSON.parse(Buffer.from(bytes.subarray(0, Math.max(0, bytes.indexOf(newline)))).toString());
    if (typeof head?.modelTopology !== "object" || head.modelTopology === null) throw new Error("it has no topology");
    return head;
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** Whether the model is a graph of operations, as TensorFlow's converter makes them, or one of layers. */
export function isGraph({ format, modelTopology = {} }: TfjsContent): boolean {
  return format === undefined ? "node" in modelTopology : format === "graph-model";
}

/** The model of a `model.json` with the files of weights that it names. @throws MillraceError `TFJS_MODEL` */
export function readModelJson(path: string): TfjsContent {
  const folder = dirname(path);
  try {
    const { weightsManifest = [], ...described }: ModelJson = JSON.parse(readFileSync(path, "utf8"));
    const weightData = weightsManifest.flatMap(({ paths }) => paths.map((file) => readShard(folder, file)));
    return { ...described, weightSpecs: weightsManifest.flatMap(({ weights }) => weights), weightData };
  } catch (cause) {
    throw unreadable(
      cause,
      `Give the path of a model.json that TensorFlow.js or its converter has written; received ${path}.`,
    );
  }
}

/** @param fix Default: of bytes. */
export function unreadable(
  cause: unknown,
  fix = "Give a model that TfjsModel.of or TfjsModel.at has made.",
): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError(
    "TFJS_MODEL",
    `The TensorFlow.js model cannot be read: ${reason.trim().replace(/\.$/, "")}.`,
    {
      fix,
      cause,
    },
  );
}

function readShard(folder: string, file: string): ArrayBuffer {
  const path = join(folder, file);
  if (relative(folder, path).startsWith("..")) throw new Error(`its weights lie outside of its folder: ${file}`);
  return Uint8Array.from(readFileSync(path)).buffer;
}

/** Members in the order of their names: who wrote the model first may have had another. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
