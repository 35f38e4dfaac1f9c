import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openClient } from "../../lib/client/client.ts";
import { PythonObject } from "../../lib/data/python-object.ts";
import { exportModel } from "../../lib/model/store/file.ts";
import { Folder } from "./command.ts";

let folder: Folder;
beforeAll(async () => {
  folder = new Folder();
  await using client = await openClient({ folder: join(folder.path, "other"), create: true });
  const models = {
    pickle: new PythonObject("sklearn.svm._classes.SVC", Uint8Array.of(0x80, 5)),
    torch: new PythonObject("net.Net", Uint8Array.of(1), "torch"),
    torchscript: new PythonObject("torch.jit.ScriptModule", Uint8Array.of(1), "torchscript"),
    xgboost: new PythonObject("xgboost.Booster", Uint8Array.of(1), "xgboost"),
    json: { weight: 1 },
  };
  for (const [name, value] of Object.entries(models)) {
    await client.models.save(name, value);
    await exportModel(client.models, name, join(folder.path, `${name}.model`));
  }
});
afterAll(() => folder.remove());

describe("models import", () => {
  test.each(["pickle", "torch", "torchscript"])(
    "says of a model that is code what loading it means: %s",
    async (name) => {
      expect(await folder.millrace("models", "import", `${name}.model`)).toEqual({
        code: 0,
        stdout: `${name}:RUN is in the store.\n`,
        stderr: `${name}:RUN (${name}) runs code when it is loaded: use it only if you trust whom it is from.\n`,
      });
    },
  );

  test.each(["xgboost", "json"])("says nothing of a model that is data: %s", async (name) => {
    expect(await folder.millrace("models", "import", `${name}.model`)).toEqual({
      code: 0,
      stdout: `${name}:RUN is in the store.\n`,
      stderr: "",
    });
  });
});
