import { randomBytes } from "node:crypto";

/** Of this process: what it counts is then unique among all. */
const prefix = randomBytes(6).toString("hex");
let count = 0;

/** The client's id where it is one that can stand in a log; else a new one. */
export function requestId(header: string | string[] | undefined): string {
  if (typeof header === "string" && /^[\w.:-]{1,128}$/.test(header)) return header;
  return `${prefix}-${(count++).toString(36)}`;
}
