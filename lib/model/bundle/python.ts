import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pythonPackages } from "../../environment/python.ts";
import { readFolder, readPythonSources } from "../../environment/sources.ts";
import { savePythonService } from "../python/service.ts";
import type { ModelService } from "../service/model-service.ts";
import { arrowFor } from "./arrow.ts";
import { arrowModule, bundleRuntime } from "./code.ts";
import * as documents from "./documents.ts";
import { BundleError } from "./errors.ts";
import { isBundlePath, manifestFile } from "./manifest.ts";
import type { Content, SaveOptions } from "./save.ts";

/**
 * What decides on the version of a service in Python.
 *
 * @param file The service's.
 */
export async function pythonContent(
  service: ModelService,
  file: string,
  { origins, codeOnly = false }: SaveOptions,
): Promise<Content> {
  const scratch = await mkdtemp(join(tmpdir(), "millrace-"));
  try {
    const { models, requirements, python } = await savePythonService(service, scratch, codeOnly);
    const files = new Map<string, Uint8Array | string>([
      ["Dockerfile", documents.dockerfile({ python })],
      ["index.mjs", documents.indexModule],
    ]);
    for (const { name, file } of models) files.set(`models/${name}`, await readFile(file));
    files.set("pyproject.toml", documents.pyproject);
    for (const [name, content] of await sources(dirname(file))) files.set(`python/${name}`, content);
    files.set("requirements.txt", requirementsFile(requirements));
    const arrow = await arrowFor(service, []);
    if (arrow !== undefined) files.set(arrowModule, arrow.code);
    files.set("runtime.mjs", await bundleRuntime());
    files.set("server.mjs", documents.serverModule);
    files.set("service.mjs", documents.pythonServiceModule);
    return {
      files,
      models: models.map(({ name, codec, type }) => {
        const origin = origins?.get(name);
        return { name, file: `models/${name}`, codec, type, ...(origin !== undefined && { origin }) };
      }),
      ...(arrow !== undefined && { packages: arrow.packages }),
      python: { file: basename(file), version: python, requirements: [...requirements] },
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The service's files with their neighbours, and what runs them. */
async function sources(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const own = await readPythonSources(folder, manifestFile);
  const wrong = [...own.keys()].find((name) => !isBundlePath(name));
  if (wrong !== undefined) {
    throw new BundleError(
      "BUNDLE_CODE",
      `${join(folder, wrong)} cannot be in a bundle: its name has other characters.`,
      {
        fix: "Use letters, digits, _, -, + and @ in names of files and folders.",
      },
    );
  }
  return new Map([...own, ...(await pythonRuntime())].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of the Python package `millrace` what runs a service, or a model. */
export async function pythonRuntime(): Promise<ReadonlyMap<string, Uint8Array>> {
  const runtime = await readFolder(join(pythonPackages(), "millrace"), isRuntime);
  return new Map([...runtime].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, bytes]) => [`millrace/${name}`, bytes]));
}

export function requirementsFile(requirements: readonly string[]): string {
  return requirements.map((requirement) => `${requirement}\n`).join("");
}

function isRuntime(name: string, isFolder: boolean, path: string): boolean {
  if (isFolder) return /\/millrace\/(?:model|data)(?:\/(?!__pycache__)\w+)*$/.test(path);
  return (
    /\/millrace(?:\/(?:model|data\/codecs)\/.+|(?:\/data)?\/(?:__init__|errors))\.py$/.test(path) || name === "py.typed"
  );
}
