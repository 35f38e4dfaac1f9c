/** The packages that run a model, the faster one first. */
export const onnxRuntimes: readonly string[] = ["onnxruntime-node", "onnxruntime-web"];
