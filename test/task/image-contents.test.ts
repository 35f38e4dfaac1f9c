import { describe, expect, test } from "vitest";
import { assertReadable, contentsOf, type ImageContents } from "../../lib/task/deploy/image-contents.ts";

function read(contents: ImageContents, codec: string, type: string): void {
  assertReadable("Iris", [{ path: "model", artifact: "svm", ref: { hash: "", size: 1, codec, type } }], contents);
}

const node = contentsOf("typescript", undefined);
const nodeWithPython = contentsOf("typescript", ["scikit-learn==1.7.2"], ["onnxruntime-web", "csv-parse"]);
const python = contentsOf("python", [
  "--no-index",
  "Scikit_Learn>=1.7",
  "numpy==2.4.6 ; python_version > '3'",
  "greeting",
]);

test("what an image has is known as far as models may need it", () => {
  expect([node, nodeWithPython, python]).toEqual([
    { language: "typescript", npm: [] },
    { language: "typescript", python: ["scikit-learn"], npm: ["onnxruntime-web"] },
    { language: "python", python: ["scikit-learn"], npm: [] },
  ]);
});

describe("a model is read", () => {
  test.each<[string, ImageContents, string, string]>([
    ["data, by Node", node, "json", "Object"],
    ["numbers, by Node", node, "npy", "Float64Array(3)"],
    ["ONNX, by one of its runtimes", nodeWithPython, "onnx", "OnnxModel"],
    ["TensorFlow.js', by its packages", contentsOf("typescript", [], ["@tensorflow/tfjs-core"]), "tfjs", "TfjsModel"],
    ["a table, by Arrow", contentsOf("typescript", undefined, ["apache-arrow"]), "arrow", "Table"],
    ["scikit-learn's, by Python beside Node", nodeWithPython, "pickle", "sklearn.svm.SVC"],
    ["scikit-learn's, by Python", python, "pickle", "sklearn.svm.SVC"],
    ["Keras', with TensorFlow", contentsOf("python", ["tensorflow==2.20"]), "pickle", "keras.src.models.Sequential"],
    [
      "XGBoost's, perhaps from a repository",
      contentsOf("python", ["git+https://example.org/fork"]),
      "pickle",
      "xgboost.XGBClassifier",
    ],
    ["XGBoost's own format", contentsOf("python", ["xgboost==3.0"]), "xgboost", "xgboost.Booster"],
    ["an object of a class that nobody knows, perhaps", python, "pickle", "mine.Model"],
    ["an object without a module", python, "pickle", "set"],
    ["data, by Python", python, "json", "dict"],
  ])("%s", (_, contents, codec, type) => {
    expect(() => read(contents, codec, type)).not.toThrow();
  });
});

describe("a model is refused, with what to do, where the image", () => {
  const again = ", and deploy the flow again.";
  test.each<[string, ImageContents, string, string, string, string]>([
    [
      "has nothing of TensorFlow.js",
      node,
      "tfjs",
      "TfjsModel",
      "@tensorflow/tfjs-core",
      'Let Iris name them: static override readonly packages = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers", "@tensorflow/tfjs-backend-wasm"]',
    ],
    [
      "has no runtime of ONNX",
      node,
      "onnx",
      "OnnxModel",
      "onnxruntime-node or onnxruntime-web",
      'Let Iris name it: static override readonly packages = ["onnxruntime-node"]',
    ],
    [
      "has no Arrow",
      node,
      "arrow",
      "Table",
      "apache-arrow",
      'Let Iris name it: static override readonly packages = ["apache-arrow"]',
    ],
    [
      "has no Python with the package",
      node,
      "pickle",
      "sklearn.svm.SVC",
      "scikit-learn",
      'Let Iris name it: static override readonly python = { requirements: ["scikit-learn"] }',
    ],
    [
      "has no Python",
      node,
      "pickle",
      "mine.Model",
      "Python",
      "Let Iris name it: static override readonly python = { requirements: [] }",
    ],
    [
      "has a Python without the package",
      nodeWithPython,
      "torch",
      "torch.nn.Linear",
      "torch",
      'Let Iris name it: static override readonly python = { requirements: ["torch"] }',
    ],
    [
      "of a service in Python lacks it",
      python,
      "pickle",
      "xgboost.XGBClassifier",
      "xgboost",
      "Add xgboost to the requirements of Iris, or of the flow's python",
    ],
    [
      "is Python's, and the model ONNX's",
      python,
      "onnx",
      "OnnxModel",
      "reader of it in Python",
      "Let a service in TypeScript answer with it",
    ],
  ])("%s", (_, contents, codec, type, lacks, fix) => {
    expect(() => read(contents, codec, type)).toThrow(
      expect.objectContaining({
        code: "MODEL_NEEDS",
        message: `The model model of Iris is ${type}, and the image of Iris has no ${lacks}.`,
        fix: `${fix}${again}`,
      }),
    );
  });
});
