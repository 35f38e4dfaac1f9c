/** The folder of runs and artifacts that a command works on. */
export function storeFolder(option: string | undefined): string {
  return option ?? process.env["MILLRACE_STORE"] ?? ".millrace";
}
