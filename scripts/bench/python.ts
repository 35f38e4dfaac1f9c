import { join } from "node:path";
import { type Figure, figure } from "./figure.ts";
import { inTurn, millrace, scratch, time } from "./measure.ts";

const flows = join(import.meta.dirname, "flows");
const packages = join(import.meta.dirname, "../../lambdas/python");

/** Steps in Python, with the `python3` on PATH, which needs NumPy. */
export async function python(): Promise<readonly Figure[]> {
  const run = (flow: string) => () => time([...millrace, "run", join(flows, flow), "--store", join(scratch, flow)]);
  const seconds = await inTurn(5, {
    bare: () => time(["python3", "-c", "pass"]),
    imported: () => time(["python3", "-c", "import millrace"], { PYTHONPATH: packages }),
    foreach: run("foreach.yaml"),
    toPython: run("floats.yaml"),
    toTypeScript: run("floats-to-typescript.yaml"),
  });
  return [
    figure("foreach over 100 no-op Python tasks", seconds.foreach, "s", 2.5),
    figure("100 MB of float64 from Python to Python", seconds.toPython, "s", 1.5),
    figure("100 MB of float64 from Python to TypeScript", seconds.toTypeScript, "s", 1.5),
    figure("import of the Python package over a bare interpreter", (seconds.imported - seconds.bare) * 1000, "ms", 60),
  ];
}
