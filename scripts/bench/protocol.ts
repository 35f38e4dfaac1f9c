import type { Figure } from "./figure.ts";
export async function protocol(): Promise<readonly Figure[]> {
  return [];
}
