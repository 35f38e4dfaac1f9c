/** A model that runs in something which is opened before it is asked, and closed in the end. Both may be called again. */
export interface Runner {
  open(): Promise<void>;
  close(): Promise<void>;
}

export function isRunner(value: unknown): value is Runner {
  if (typeof value !== "object" || value === null) return false;
  const { open, close } = value as Partial<Runner>;
  return typeof open === "function" && typeof close === "function";
}
