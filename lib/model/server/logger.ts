import { type Logger, pino } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Writes a line of JSON for each event to standard output. */
export function createLogger(service: string, level: LogLevel): Logger {
  return pino({ level, base: { service } });
}
