import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { environment, Folder } from "./command.ts";

const app = join(import.meta.dirname, "../../bin/app.ts");

/** What the CDK app says of the flow files of a folder. */
async function said(folder: Folder, context = {}): Promise<{ readonly code: unknown; readonly stderr: string }> {
  const env = environment({
    CDK_CONTEXT_JSON: JSON.stringify({ flows: "*.ts", ...context }),
    CDK_OUTDIR: join(folder.path, "out"),
  });
  return await new Promise((resolve) =>
    execFile(process.execPath, [app], { cwd: folder.path, env }, (error, _, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    ),
  );
}

const flow = (name: string) => `import { FlowSpec, step } from "millrace";
export class ${name} extends FlowSpec {
  @step start() { return this.next(this.end); }
  @step end() {}
}
`;

test.each([
  ["Train", "There would be two stacks Train: of a.ts and of b.ts."],
  ["Millrace", "There would be two stacks Millrace: of the environment and of a.ts."],
])("the CDK app says which file has a flow of a name that is taken: %s", async (name, message) => {
  const folder = new Folder().write("a.ts", flow(name)).write("b.ts", flow(name));
  try {
    expect(await said(folder)).toEqual({
      code: 1,
      stderr: `${message}\nRename the flow: its class, or the name in its file.\n`,
    });
  } finally {
    folder.remove();
  }
});

/** What it says of no flow files. */
async function withImageBuild(imageBuild: string) {
  const folder = new Folder();
  try {
    return await said(folder, { imageBuild });
  } finally {
    folder.remove();
  }
}

test("the CDK app builds images by Docker or in AWS, and by nothing else", async () => {
  expect(await withImageBuild("podman")).toEqual({
    code: 1,
    stderr:
      'imageBuild is docker or codebuild; received "podman".\nCorrect it in the context of cdk.json, or in the option --context.\n',
  });
  expect(await withImageBuild("codebuild")).toEqual({ code: 0, stderr: "" });
});
