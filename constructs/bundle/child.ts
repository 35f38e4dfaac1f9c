import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MillraceError } from "../../lib/errors.ts";
import { builtFolder } from "../runtime.ts";
import type { ChildReply, ChildRequest } from "./request.ts";

/**
 * Has something bundled in a process of its own: constructs can't wait for a promise, and esbuild's synchronous API has no plugins.
 *
 * @throws MillraceError where what is bundled is not right.
 */
export function askChild<Answer>(request: ChildRequest): Answer {
  assertNode(process.versions.node);
  const child = spawnSync(process.execPath, [program()], {
    input: JSON.stringify(request),
    encoding: "utf8",
    maxBuffer: 1024 ** 3,
    // Hooks of the app's own process, such as tsx's, would slow this one down.
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const reply = readReply<Answer>(child.stdout, child.error ?? child.signal ?? `exit code ${child.status}`);
  if ("answer" in reply) return reply.answer;
  const { code, message, fix, at } = reply.error;
  throw new MillraceError(code, message, { at, ...(fix === undefined ? {} : { fix }) });
}

/** What bundles reads TypeScript and databases as later versions of Node do. @throws MillraceError `NODE_VERSION` */
export function assertNode(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return;
  throw new MillraceError("NODE_VERSION", `millrace needs Node 22.18 or later; this is v${version}.`, {
    fix: "Install a newer Node, and run the app with it.",
  });
}

function readReply<Answer>(output: string | null, ended: unknown): ChildReply<Answer> {
  try {
    return JSON.parse(output ?? "");
  } catch (cause) {
    throw new MillraceError("BUNDLE", `The process that bundles ended with ${ended}.`, { cause });
  }
}

/** Beside this module in a checkout, which Node runs as it stands; built in the package. */
function program(): string {
  const source = fileURLToPath(new URL("./main.ts", import.meta.url));
  return existsSync(source) ? source : join(builtFolder(), "bundler.js");
}
