import { dirname } from "node:path";
import type { Plugin } from "esbuild";

/** On Lambda there is nothing that runs models: a step keeps them and hands them on. */
export const modelsUnrun: Plugin = {
  name: "models-unrun",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]models[\\/]\w+[\\/]session\.ts$/ }, ({ path }) => ({
      contents: 'export { openSession } from "../no-session.ts";',
      resolveDir: dirname(path),
    }));
  },
};
