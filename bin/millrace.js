#!/usr/bin/env node
// Plain JavaScript, so that an old Node gets a sentence instead of a syntax error.
import { enableCompileCache } from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `millrace needs Node 22.18 or later; this is ${process.version}. Install a newer Node (https://nodejs.org).`,
  );
  process.exitCode = 2;
} else {
  enableCompileCache?.();
  await import("../dist/millrace.js");
}
