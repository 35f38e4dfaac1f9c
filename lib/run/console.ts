import type { Stream } from "./protocol.ts";

/** Hands over what this thread or process writes to its console, instead of writing it. */
export function captureConsole(write: (stream: Stream, text: string) => void): void {
  for (const stream of ["stdout", "stderr"] as const) {
    const decoder = new TextDecoder();
    process[stream].write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
      write(stream, typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
      const written = typeof encoding === "function" ? encoding : callback;
      if (typeof written === "function") queueMicrotask(() => written());
      return true;
    };
  }
}
