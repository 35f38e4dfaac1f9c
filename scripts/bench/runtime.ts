import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "../../constructs/bundle/bundle.ts";
import { runtimeFile } from "../../constructs/runtime.ts";
import { type Figure, figure } from "./figure.ts";
import { inTurn, output, scratch } from "./measure.ts";

/** What a cold start of a no-op step on Lambda loads. */
export async function runtime(): Promise<readonly Figure[]> {
  const { bundles } = bundle({
    file: join(import.meta.dirname, "flows/foreach.ts"),
    runtimes: { lambda: runtimeFile("task"), batch: runtimeFile("batch"), deploy: runtimeFile("deploy") },
    scratch,
    bundle: true,
  });
  const step = bundles.body ?? "";
  const [noop, bare] = [join(scratch, "noop.mjs"), join(scratch, "bare.mjs")];
  writeFileSync(noop, step);
  writeFileSync(bare, "export const handler = async () => ({});\n");
  const milliseconds = await inTurn(15, { noop: () => importTime(noop), bare: () => importTime(bare) });
  return [
    figure("bundle of a no-op Lambda step", Buffer.byteLength(step), "bytes", 100_000),
    figure("its import time over a bare handler's", milliseconds.noop - milliseconds.bare, "ms", 40),
  ];
}

async function importTime(file: string): Promise<number> {
  const program = `const begin = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(performance.now() - begin);`;
  const environment = { MILLRACE_TABLE: "table", MILLRACE_BUCKET: "bucket", AWS_REGION: "us-east-1" };
  return Number(await output([process.execPath, "--input-type=module", "-e", program], environment));
}
