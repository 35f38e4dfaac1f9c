/** The package of all models. */
export const corePackage = "@tensorflow/tfjs-core";

/** What computes: WebAssembly, which is many times faster for images, and JavaScript. Neither is built where it is installed. */
export const backendPackages: readonly string[] = ["@tensorflow/tfjs-backend-wasm", "@tensorflow/tfjs-backend-cpu"];

/** What reads a model. */
export function readerPackage(isGraph: boolean): string {
  return isGraph ? "@tensorflow/tfjs-converter" : "@tensorflow/tfjs-layers";
}
