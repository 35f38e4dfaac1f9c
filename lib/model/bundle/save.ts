import { hash, randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { encode } from "../../data/codecs/index.ts";
import { isPythonService } from "../python/service.ts";
import { openapi } from "../server/openapi.ts";
import { markOf } from "../service/api.ts";
import { apisOf } from "../service/apis.ts";
import { describeService } from "../service/description.ts";
import type { ModelService, ServiceClass } from "../service/model-service.ts";
import { modelPaths, modelsOf } from "../service/parts.ts";
import { arrowFor } from "./arrow.ts";
import { arrowModule, bundleRuntime, bundleService, type NpmPackage } from "./code.ts";
import * as documents from "./documents.ts";
import { BundleError } from "./errors.ts";
import { type BundleManifest, type BundleModel, type BundlePython, manifestFile } from "./manifest.ts";
import { kebab } from "./names.ts";
import { namedNeeds, needsOf, packagesOf } from "./needs.ts";
import { pythonContent, pythonRuntime, requirementsFile } from "./python.ts";

export interface SaveOptions {
  /** The service's file. Default: where its APIs are declared. */
  readonly file?: string;
  /** As npm has versions: `1.2.0`. Default: `0.0.0-` and a hash of the content. */
  readonly version?: string;
  /** The versions of models of a store that were packed, by path: `iris:20261123-184309-417-7kq2`. */
  readonly origins?: ReadonlyMap<string, string>;
  /** Whether the models are left out: whoever serves the bundle mounts them, as SageMaker does in `/opt/ml/model`. Default false. */
  readonly codeOnly?: boolean;
}

/**
 * Writes a bundle. The same service and models give the same bytes.
 *
 * @param path Default: the service's name in kebab-case, in the current folder.
 * @returns The folder, absolute.
 * @throws BundleError `BUNDLE_FOLDER` where the folder is there and is no bundle; EncodeError; ModelError `NOT_PACKED`; BundleError `OPTION` where the version is none.
 */
export async function saveBundle(service: ModelService, path?: string, options: SaveOptions = {}): Promise<string> {
  const Service = service.constructor as ServiceClass;
  const name = kebab(Service.name);
  const folder = resolve(path ?? name);
  assertVersion(options.version);
  await assertReplaceable(folder);
  const content = await contentOf(service, Service, options);
  await write(folder, complete(Service, name, content, options.version));
  return folder;
}

/** Files by name, in their final order. */
export type Files = ReadonlyMap<string, Uint8Array | string>;

/** What decides on a bundle's version: code, models, and how they are run. */
export interface Content {
  readonly files: Files;
  readonly models: readonly BundleModel[];
  /** Of a bundle of code alone: the models that it has no value for. */
  readonly unpacked?: readonly string[];
  readonly python?: BundlePython;
  /** The npm packages that are in its code. */
  readonly packages?: readonly NpmPackage[];
  /** Those that npm installs, with their versions. */
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function contentOf(service: ModelService, Service: ServiceClass, options: SaveOptions): Promise<Content> {
  const { file, codeOnly = false } = options;
  const unpacked = modelPaths(service).flatMap(({ path, isPacked }) => (isPacked ? [] : [path]));
  const content = isPythonService(service)
    ? await pythonContent(service, file ?? "", options)
    : await filesOf(service, file ?? declaringFile(Service), options);
  return { ...content, ...(codeOnly && { unpacked }) };
}

async function filesOf(service: ModelService, file: string, { origins, codeOnly }: SaveOptions): Promise<Content> {
  const values = codeOnly ? new Map<string, unknown>() : modelsOf(service);
  const encoded = [...values].map(([name, value]) => ({ name, ...encode(value, name) }));
  const [{ python, npm }, { code, packages, files: beside }, arrow, runtime] = await Promise.all([
    codeOnly ? namedNeeds(service) : needsOf(service, values.values()),
    bundleService(file, service.constructor.name, packagesOf(service)),
    arrowFor(service, values.values()),
    bundleRuntime(),
  ]);
  const models = encoded.map(({ name, codec, type }) => {
    const origin = origins?.get(name);
    return { name, file: `models/${name}`, codec, type, ...(origin !== undefined && { origin }) };
  });
  const hasNeeds = python !== undefined || npm !== undefined;
  const files = new Map<string, Uint8Array | string>([
    ["Dockerfile", documents.dockerfile({ python: python?.version, npm: npm !== undefined })],
    ...(arrow === undefined ? [] : [[arrowModule, arrow.code] as const]),
    ["index.mjs", documents.indexModule],
    // On Lambda there is Node and nothing else.
    ...(hasNeeds ? [] : [["lambda.mjs", documents.lambdaModule] as const]),
    ...encoded.map(({ name, bytes }) => [`models/${name}`, bytes] as const),
    ...(npm === undefined ? [] : [["package-lock.json", npm.lock] as const]),
    ["runtime.mjs", runtime],
    ["server.mjs", documents.serverModule],
    ["service.mjs", code],
    ...(beside ?? []),
  ]);
  if (python !== undefined) {
    files.set("requirements.txt", requirementsFile(python.requirements));
    for (const [name, bytes] of await pythonRuntime()) files.set(`python/${name}`, bytes);
  }
  const dependencies = npm && { dependencies: npm.dependencies };
  const bundled = new Map([...packages, ...(arrow?.packages ?? [])].map((one) => [`${one.name}@${one.version}`, one]));
  return { files, models, packages: [...bundled.values()], ...(python !== undefined && { python }), ...dependencies };
}

function complete(Service: ServiceClass, name: string, content: Content, given?: string): Files {
  const { files, models, unpacked, python, packages, dependencies } = content;
  const decisive = [...files].map(([file, bytes]) => `${file} ${hash("sha256", bytes)}`).join("\n");
  const version = given ?? `0.0.0-h${hash("sha256", decisive).slice(0, 16)}`;
  const { apis } = describeService(Service);
  const facts = {
    name,
    version,
    service: Service.name,
    apis,
    ...(unpacked !== undefined && { unpacked }),
    ...(python !== undefined && { python }),
    ...(dependencies !== undefined && { dependencies }),
  };
  const all = new Map<string, Uint8Array | string>([
    ...files,
    ["README.md", documents.readme(facts)],
    ["index.d.mts", documents.indexTypes(facts)],
    ["openapi.json", `${JSON.stringify(openapi({ name: Service.name, apis }, version), null, 2)}\n`],
  ]);
  all.set("package.json", documents.packageJson(facts, [...all.keys(), manifestFile].sort()));
  const hashes = [...all].sort().map(([file, bytes]) => {
    return [file, { sha256: hash("sha256", bytes), size: Buffer.byteLength(bytes) }] as const;
  });
  const manifest: BundleManifest = {
    format: 1,
    name,
    version,
    service: Service.name,
    apis: [...apis],
    models: [...models],
    ...(unpacked !== undefined && { unpacked: [...unpacked] }),
    ...(python !== undefined && { python }),
    ...(dependencies !== undefined && { dependencies }),
    ...(packages !== undefined && { packages }),
    files: Object.fromEntries(hashes),
  } as BundleManifest;
  return all.set(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`).set(".dockerignore", documents.dockerignore);
}

/** Beside the folder first, so that it is there as a whole; what was there before is put aside until then. */
async function write(folder: string, files: Files): Promise<void> {
  const draft = join(dirname(folder), `.${basename(folder)}.${randomUUID()}`);
  try {
    for (const [file, content] of files) {
      await mkdir(dirname(join(draft, file)), { recursive: true });
      await writeFile(join(draft, file), content);
    }
    await makeReadable(draft);
    const before = `${draft}.before`;
    await rename(folder, before).catch((error) => {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    });
    await rename(draft, folder);
    await rm(before, { recursive: true, force: true });
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BundleError("BUNDLE_FOLDER", `The bundle cannot be written to ${folder}: ${reason}.`, {
      fix: "Give another folder, or make this one writable.",
      cause,
    });
  }
}

/** An image has the files with their modes, and reads them as another user. Whether others come to them here, the folder's own mode says. */
async function makeReadable(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const modes = entries.map((entry) => chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644));
  await Promise.all(modes);
}

/** A bundle or an empty folder may be replaced; what else is there is somebody's. */
async function assertReplaceable(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return;
  const entries = found.isDirectory() ? await readdir(folder) : undefined;
  if (entries?.length === 0 || entries?.includes(manifestFile)) return;
  throw new BundleError(
    "BUNDLE_FOLDER",
    `${relative(process.cwd(), folder) || "."} is there already and is no bundle.`,
    {
      fix: "Give a folder that is new, empty, or a bundle to replace.",
    },
  );
}

/** As semver.org has it. */
const semver =
  /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}(?:-[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/;

function assertVersion(version: string | undefined): void {
  if (version === undefined || semver.test(version)) return;
  throw new BundleError("OPTION", `A bundle's version is as npm has them; received ${JSON.stringify(version)}.`, {
    fix: "Write 1.2.0, or 1.2.0-rc.1, say.",
  });
}

/** Where the first API is decorated: the compiler's helper may stand in a file of a package. */
function declaringFile(Service: ServiceClass): string {
  const [api] = apisOf(Service);
  const site = markOf(api?.method)
    ?.callers()
    .find(({ file }) => !file.includes("/node_modules/"));
  if (site !== undefined) return fileURLToPath(site.file);
  throw new BundleError("BUNDLE_CODE", `It is not known which file declares ${Service.name}.`, {
    fix: "Bundle it from its file: millrace bundle service.ts.",
  });
}
