import { dirname } from "node:path";
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

/** Lambda runs no commands. */
export const withoutCommands: Plugin = {
  name: "without-commands",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]lib[\\/]task[\\/]command\.ts$/ }, () => ({
      contents: 'export function bindCommand() { throw new Error("Lambda runs no commands."); }',
    }));
  },
};
