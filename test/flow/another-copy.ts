import { fileURLToPath } from "node:url";
import { build, type TransformOptions } from "esbuild";
import { lowering } from "../../lib/flow/source/options.ts";
import type { FlowClass } from "../../lib/flow/spec/flow-spec.ts";

const source = `
  import { artifact, FlowSpec, parameter, step } from "./lib/index.ts";
  export { FlowSpec };
  export class Flow extends FlowSpec {
    readonly p = parameter.string({ default: "x" });
    a = artifact();
    @step start() { return this.next(this.end); }
    @step({ retry: 1 }) end() {}
  }`;

/** A flow bundled with a copy of the package of its own, as the bundle of a step is. */
export async function anotherCopy(
  tsconfigRaw: NonNullable<TransformOptions["tsconfigRaw"]> = lowering.tsconfigRaw,
): Promise<{ readonly FlowSpec: unknown; readonly Flow: FlowClass }> {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const { outputFiles } = await build({
    ...lowering,
    tsconfigRaw,
    stdin: { contents: source, resolveDir: root, loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? "")}`);
}
