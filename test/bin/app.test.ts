import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

function synthesize(context: Readonly<Record<string, string>>) {
  const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context) };
  const { status, stderr } = spawnSync("node_modules/.bin/node", ["bin/app.ts"], { env, encoding: "utf8" });
  return { status, stderr };
}

test("the app of flow files builds images by Docker or in AWS, and by nothing else", () => {
  const { status, stderr } = synthesize({ flows: "examples/none/*.ts", imageBuild: "podman" });
  expect(status).toBe(1);
  expect(stderr).toBe(
    'imageBuild is docker or codebuild; received "podman".\nCorrect it in the context of cdk.json, or in the option --context.\n',
  );
  expect(synthesize({ flows: "examples/none/*.ts", imageBuild: "codebuild" })).toEqual({ status: 0, stderr: "" });
});
