import { MillraceError } from "../../errors.ts";

/**
 * A file below the folder of the flow's file, as it is named relative to it.
 *
 * @throws MillraceError `STEP_OPTIONS` where it is elsewhere.
 */
export function fileBelow(file: string): string {
  if (file.startsWith("/") || file.includes("\\") || file.split("/").includes("..")) {
    throw new MillraceError(
      "STEP_OPTIONS",
      `The file ${JSON.stringify(file)} is not below the folder of the flow's file, which is what goes to AWS.`,
      { fix: "Move it there, and name it relative to that folder." },
    );
  }
  return file.replace(/^(?:\.\/+)+/, "");
}
