import type { Plugin } from "esbuild";

/** What only makes bundles is not in them. */
export const withoutSaving: Plugin = {
  name: "without-saving",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]bundle[\\/]save\.ts$/ }, () => ({
      contents: 'export function saveBundle() { throw new Error("A service in a bundle is saved already."); }',
    }));
  },
};
