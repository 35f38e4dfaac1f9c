import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Target } from "./deploy.ts";

/** What an endpoint answers, as a user would ask it: with the AWS CLI. */
export async function invokeEndpoint({ env }: Target, endpoint: string, values: unknown): Promise<unknown> {
  const scratch = await mkdtemp(join(tmpdir(), "millrace-invoke-"));
  const [body, answer] = [join(scratch, "body.json"), join(scratch, "answer.json")];
  try {
    await writeFile(body, JSON.stringify(values));
    const options = ["--endpoint-name", endpoint, "--content-type", "application/json", "--body", `fileb://${body}`];
    const command = ["sagemaker-runtime", "invoke-endpoint", ...options, answer];
    await promisify(execFile)("aws", command, { env: { ...process.env, ...env } });
    return JSON.parse(await readFile(answer, "utf8"));
  } finally {
    await rm(scratch, { recursive: true });
  }
}
