import { fileURLToPath } from "node:url";
import { millrace } from "./lib/flow/vite.ts";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What the tests of every kind have: flows run through the project's own plugin, and import the package's sources. */
export const shared = {
  plugins: [millrace()],
  resolve: {
    alias: [
      { find: /^millrace$/, replacement: source("./lib/index.ts") },
      { find: /^millrace\/model$/, replacement: source("./lib/model/index.ts") },
    ],
  },
};
