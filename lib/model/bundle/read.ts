import { hash } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decode, loadCodec } from "../../data/codecs/index.ts";
import { forEachBounded } from "../../task/parallel.ts";
import type { ModelService, ServiceClass } from "../service/model-service.ts";
import { packAll } from "../service/parts.ts";
import { BundleError, changedFile } from "./errors.ts";
import { type BundleManifest, manifestFile, parseManifest } from "./manifest.ts";

/** The manifest of the bundle in a folder. @throws BundleError `BUNDLE_MISSING`, `BUNDLE_MANIFEST` */
export async function readManifest(folder: string): Promise<BundleManifest> {
  const file = join(folder, manifestFile);
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new BundleError("BUNDLE_MISSING", `There is no bundle in ${folder}: ${file} cannot be read.`, {
      fix: "Give the folder that `millrace bundle` or `save()` has written.",
      cause,
    });
  });
  return parseManifest(text, file);
}

/** @throws BundleError `BUNDLE_CHANGED` where a file is not as it was when the bundle was made, with both hashes. */
export async function verifyFiles(folder: string, files: BundleManifest["files"]): Promise<void> {
  await forEachBounded(Object.entries(files), 8, async ([file, { sha256 }]) => {
    const found = hash("sha256", await readBundleFile(folder, file), "hex");
    if (found !== sha256) throw changedFile(join(folder, file), sha256, found);
  });
}

/**
 * A service with the models of a bundle. Their files are verified.
 *
 * @param folder Has the manifest and the models; the service's code may be elsewhere.
 * @throws BundleError, DecodeError
 */
export async function loadBundledService(
  Service: ServiceClass,
  folder: string,
  { service: name, models, unpacked, python, files }: BundleManifest,
): Promise<ModelService> {
  if (Service.name !== name) {
    throw new BundleError("BUNDLE_SERVICE", `The models in ${folder} are those of ${name}, not of ${Service.name}.`, {
      fix: "Give the models of a bundle of the same service.",
    });
  }
  if (unpacked !== undefined && unpacked.length > 0) {
    throw new BundleError("BUNDLE_MODELS", `The bundle in ${folder} has no value for ${unpacked.join(", ")}.`, {
      fix: "Mount a manifest with its models as /opt/ml/model (or as the folder that SM_MODEL_DIR names), and start it with serve.",
    });
  }
  const values = new Map<string, unknown>();
  await forEachBounded(models, 4, async ({ name, file, codec, type }) => {
    const bytes = await readBundleFile(folder, file);
    const expected = files[file]?.sha256 ?? "no hash";
    const found = hash("sha256", bytes, "hex");
    if (found !== expected) throw changedFile(join(folder, file), expected, found);
    // A service in Python reads its models itself.
    if (python?.file !== undefined) return void values.set(name, { codec, type, file: join(folder, file) });
    await loadCodec(codec);
    values.set(name, decode(codec, bytes, type));
  });
  const service = new Service();
  packAll(service, values);
  return service;
}

/** No link may lead out of the folder: neither the file nor a folder above it is one. */
async function readBundleFile(folder: string, file: string): Promise<Uint8Array> {
  const path = join(folder, file);
  try {
    for (let part = file; part !== "."; part = dirname(part)) {
      if ((await lstat(join(folder, part))).isSymbolicLink()) throw new Error(`${part} is a symbolic link`);
    }
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BundleError("BUNDLE_FILE", `${path} of the bundle cannot be read: ${reason}.`, {
      fix: "Make the bundle again.",
      cause,
    });
  }
}
