import { randomInt } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * A run's id: its beginning in UTC to the millisecond, so that ids sort by time, and four random characters.
 *
 * @example newRunId() // "20261123-184309-417-7kq2"
 */
export function newRunId(now: Date = new Date()): string {
  const digits = now.toISOString().replaceAll(/\D/g, "");
  const random = Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join("");
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${digits.slice(14, 17)}-${random}`;
}
