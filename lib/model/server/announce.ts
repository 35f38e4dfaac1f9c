import cluster from "node:cluster";
import type { Logger } from "pino";
import type { ServiceDescription } from "../service/description.ts";
import { coloured } from "./logger.ts";

/** Says where a server listens and what it answers: in the log, or on a terminal for people. */
export function announce({ name, apis }: ServiceDescription, version: string, url: string, log: Logger): void {
  if (!log.isLevelEnabled("info")) return;
  if (!process.stdout.isTTY) {
    log.info({ url, version, apis: apis.map(({ name }) => `/${name}`) }, "listening");
  } else if (cluster.worker === undefined || cluster.worker.id === 1) {
    const width = Math.max(...apis.map(({ name }) => name.length)) + 2;
    const routes = apis.map(({ name, input, output }) => {
      const types = `${input.types.join(", ")} → ${output.types[0]}`;
      return `  ${coloured("bold", `POST /${name.padEnd(width)}`)}${coloured("dim", types)}`;
    });
    const lines = [
      "",
      `  ${coloured(["bold", "green"], name)} ${coloured("dim", version)} listens on ${coloured("cyan", url)}`,
      "",
      ...routes,
      "",
      coloured("dim", `  ${url}/ is a page to try it. Ctrl+C stops it.`),
      "",
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  }
}
