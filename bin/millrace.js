#!/usr/bin/env node
// Plain JavaScript that any Node reads, so that an old one gets a sentence instead of a syntax error.
import module from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`error: millrace needs Node 22.18 or later; this is ${process.version}.`);
  console.error("  fix: install a newer Node, or in a checkout run it as: npm run -s millrace -- …");
  process.exitCode = 2;
} else {
  module.enableCompileCache();
  const { emitWarning } = process;
  // What Node 22 says of the store's database is nothing that whoever runs a flow can act on.
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).startsWith("SQLite is an experimental feature")) emitWarning.call(process, warning, ...rest);
  };
  import("../dist/millrace.js");
}
