import { ModelError } from "../errors.ts";

const loading = Symbol.for("millrace.loading");

/** Of the process: a service's file may import another copy of this module than who loads it. */
const registry: typeof globalThis & { [loading]?: string } = globalThis;

/** Loads a service's file, which is to declare the service and not to save it. */
export async function whileLoading<T>(file: string, load: () => Promise<T>): Promise<T> {
  registry[loading] = file;
  try {
    return await load();
  } finally {
    delete registry[loading];
  }
}

/** @throws ModelError `SERVICE` while a file is loaded. */
export function assertNotLoading(service: string): void {
  const file = registry[loading];
  if (file !== undefined) throw savedWhileLoaded(service, file);
}

export function savedWhileLoaded(service: string, file: string): ModelError {
  return new ModelError("SERVICE", `${file} saves ${service} whenever it is loaded, also to serve it.`, {
    fix: `Pack and save it in another file, which imports ${service}.`,
  });
}
