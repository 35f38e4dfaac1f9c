import { dirname } from "node:path";
import type { Plugin } from "esbuild";

/** What only makes bundles is not in them. */
export const withoutSaving: Plugin = {
  name: "without-saving",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]bundle[\\/]save\.ts$/ }, ({ path }) => ({
      contents: `
        import { savedWhileLoaded } from "../service/loading.ts";
        export function saveBundle(service) {
          throw savedWhileLoaded(service.constructor.name, "The file of a service");
        }`,
      resolveDir: dirname(path),
    }));
  },
};
