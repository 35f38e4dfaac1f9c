import { MillraceError } from "../../errors.ts";

/** Imports a client of the AWS SDK, which is installed only where it is wanted. */
export async function sdk<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new MillraceError("SDK_MISSING", `This needs the package ${name}, which is not installed.`, {
      fix: `Install it: npm install ${name}.`,
      cause: error,
    });
  }
}
