import type { Plugin } from "esbuild";

/** The options of steps were read when the flow was synthesized: on AWS, what reads and checks them would only be in the way of a cold start. */
export const optionsUnread: Plugin = {
  name: "options-unread",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]flow[\\/]spec[\\/]options\.ts$/ }, () => ({
      contents: "export function readStepOptions() { return {}; }",
    }));
  },
};
