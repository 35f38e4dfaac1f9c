/**
 * A Lambda execution environment for Node. In, on standard input: a JSON line {event, context} an invocation.
 * Out, on the file descriptor named by the argument: lines {log} as the handler writes them, then {result} or {error}.
 */
import { existsSync, writeSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const channel = Number(process.argv[2]);
const send = (message) => writeSync(channel, `${JSON.stringify(message)}\n`);
for (const stream of [process.stdout, process.stderr])
  stream.write = (chunk, encoding, callback) => {
    send({ log: typeof chunk === "string" ? chunk : Buffer.from(chunk).toString() });
    (typeof encoding === "function" ? encoding : callback)?.();
    return true;
  };

// Custom resources answer CloudFormation at an https address with no port; the emulator has http alone.
const emulator = new URL(process.env.AWS_ENDPOINT_URL);
const request = https.request;
https.request = (options, ...rest) =>
  options.hostname === emulator.hostname
    ? http.request({ ...options, protocol: "http:", port: emulator.port }, ...rest)
    : request(options, ...rest);
syncBuiltinESMExports();

async function loadHandler() {
  const root = process.env.LAMBDA_TASK_ROOT;
  const [, file, name] = /^(.*)\.([^.]+)$/.exec(process.env._HANDLER);
  const path = [".js", ".mjs", ".cjs"].map((extension) => resolve(root, file + extension)).find(existsSync);
  if (path === undefined) throw new Error(`Cannot find module '${file}'`);
  const isModule = path.endsWith(".mjs") || existsSync(resolve(root, "package.json"));
  const loaded = isModule ? await import(pathToFileURL(path)) : createRequire(path)(path);
  return loaded[name] ?? loaded.default[name];
}

function describe(error, errorType = error?.name ?? "Error") {
  return { errorType, errorMessage: String(error?.message ?? error), trace: String(error?.stack ?? "").split("\n") };
}

let handler;
let initError;
try {
  handler = await loadHandler();
} catch (error) {
  initError = describe(error, error?.code === "ERR_MODULE_NOT_FOUND" ? "Runtime.ImportModuleError" : error?.name);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { event, context } = JSON.parse(line);
  let reply;
  try {
    if (initError) reply = { error: initError };
    else {
      const { deadline, ...rest } = context;
      const result = await handler(event, { ...rest, getRemainingTimeInMillis: () => deadline - Date.now() });
      reply = { result: result ?? null };
    }
  } catch (error) {
    reply = { error: describe(error) };
  }
  send(reply);
}
