import { create, parse } from "content-disposition";

/** The header `Content-Disposition` of a file's answer, by RFC 6266: its name in ASCII, and where it has other characters as it is too. */
export function disposition(name: string): string {
  // No file may have them in its name: a header neither. Of surrogates half is nothing that UTF-8 has.
  return create(name.replaceAll(/\p{Cc}/gu, "_").toWellFormed());
}

/** The file's name that such a header of a request gives. */
export function fileNameOf(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined;
  return parse(disposition).parameters.filename;
}
