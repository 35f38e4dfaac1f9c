import { hash } from "node:crypto";
import { z } from "zod";
import type { Json } from "../../flow/definition.ts";
import { BundleError } from "./errors.ts";

export { manifestFile } from "./manifest-file.ts";

/** Parts of letters, digits and a few marks: neither absolute nor with `..`, on any system. */
const path = z.string().regex(/^(?!\.)[\w.@+-]+(?:\/(?!\.)[\w.@+-]+)*$/, "is no path inside the bundle");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256");
const size = z.int().nonnegative();

const body = z.object({ types: z.array(z.string()).readonly(), schema: z.record(z.string(), z.custom<Json>()) });

const api = z.object({
  name: z.string(),
  input: body,
  output: body,
  batch: z.object({ maxSize: z.number(), maxLatency: z.number() }).exactOptional(),
  timeout: z.number(),
  maxConcurrency: z.number(),
  maxBody: z.number(),
});

const model = z.object({
  /** Its path in the service: `model`, `iris.model`. */
  name: z.string(),
  file: path,
  /** How its bytes are read: a codec's or a runner's name. */
  codec: z.string(),
  /** What it is, for people. */
  type: z.string(),
  /** The version of a store's model that it is: `iris:20261123-184309-417-7kq2`. */
  origin: z.string().exactOptional(),
});

const python = z.object({
  /** The service's file, below the folder `python`; absent where only models are Python's. */
  file: path.exactOptional(),
  /** Python's, that the packages are pinned for: `3.13`. */
  version: z.string().regex(/^\d+\.\d+$/),
  /** As `requirements.txt` has them: `numpy==2.4.6`. */
  requirements: z.array(z.string()),
});

const manifest = z.object({
  format: z.literal(1),
  name: z.string(),
  version: z.string(),
  /** The service's class. */
  service: z.string(),
  apis: z.array(api).readonly(),
  models: z.array(model),
  /** Of a bundle of code alone: the models that it is served with, which come from elsewhere. */
  unpacked: z.array(z.string()).exactOptional(),
  /** Of a service or models in Python. */
  python: python.exactOptional(),
  /** The npm packages beside it that npm installs, with their versions. */
  dependencies: z.record(z.string(), z.string()).exactOptional(),
  /** The npm packages that are in its code. */
  packages: z
    .array(z.object({ name: z.string(), version: z.string() }))
    .readonly()
    .exactOptional(),
  /** Every file but this one. */
  files: z.record(path, z.object({ sha256, size })),
});

export function isBundlePath(name: string): boolean {
  return path.safeParse(name).success;
}

/** What `millrace-bundle.json` holds. */
export type BundleManifest = z.infer<typeof manifest>;
export type BundleModel = z.infer<typeof model>;
export type BundlePython = z.infer<typeof python>;

/** SHA-256 of the service's own code, in hex; that of a bundle which was not made is `none`. */
export function codeHash({ python, files }: BundleManifest): string {
  if (python?.file === undefined) return files["service.mjs"]?.sha256 ?? "none";
  const own = Object.entries(files).filter(([file]) => /^python\/(?!millrace\/)/.test(file));
  return hash("sha256", own.map(([file, { sha256 }]) => `${file} ${sha256}`).join("\n"));
}

/** @throws BundleError `BUNDLE_MANIFEST` with the place of what is wrong. */
export function parseManifest(text: string, file: string): BundleManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BundleError("BUNDLE_MANIFEST", `${file} is no JSON: ${(cause as Error).message}.`, {
      fix: "Make the bundle again.",
      cause,
    });
  }
  const result = manifest.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue?.path.map(String).join(".") ?? "";
  throw new BundleError("BUNDLE_MANIFEST", `${file} is no manifest of a bundle: ${at}: ${issue?.message}.`, {
    fix: "Make the bundle again with this version.",
  });
}
