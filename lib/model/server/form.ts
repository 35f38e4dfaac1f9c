import { formType } from "../service/media.ts";
import type { Body } from "./body.ts";
import { RequestError } from "./errors.ts";

/**
 * The one file of a form, as `curl -F file=@x.png` and pages send it, as if it had been the body. Its field may have any name; fields that are no
 * files are left out.
 *
 * @param type The header `Content-Type`, with its boundary.
 * @throws RequestError 400 where the form is malformed, or has no file or several.
 */
export async function fileOfForm({ bytes, accept }: Body, type: string): Promise<Body> {
  const files = (await valuesOf(bytes, type)).filter((value) => value instanceof File).filter(isChosen);
  const [file] = files;
  if (file === undefined) {
    throw new RequestError(400, "MALFORMED_INPUT", "The form has no file.", {
      fix: "Send one, as curl -F file=@NAME does, or the file itself as the body.",
    });
  }
  if (files.length > 1) {
    throw new RequestError(400, "MALFORMED_INPUT", `The form has ${files.length} files; one is taken.`, {
      fix: "Send a request for each file.",
    });
  }
  return { type: file.type, name: file.name, bytes: new Uint8Array(await file.arrayBuffer()), accept };
}

/** A page sends a file without name and content where none is chosen. */
function isChosen({ name, size }: File): boolean {
  return name !== "" || size > 0;
}

async function valuesOf(bytes: Uint8Array, type: string): Promise<(File | string)[]> {
  try {
    const response = new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "content-type": type } });
    return [...(await response.formData()).values()];
  } catch (cause) {
    throw new RequestError(
      400,
      "MALFORMED_INPUT",
      `The body is not ${formType}: a boundary or a part is not as it is to be.`,
      {
        fix: "Let the client write the header Content-Type: it knows the boundary.",
        cause,
      },
    );
  }
}
