import { hash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { Json } from "../../flow/definition.ts";
import { assertModelName } from "../../metadata/model-names.ts";
import type { ModelRecord } from "../../metadata/models.ts";
import { ModelError } from "../errors.ts";
import type { Model, Models } from "./models.ts";

const newline = 0x0a;

/** What is shown on terminals, and may come from anybody. */
const shown = z.string().regex(/^\P{Cc}{0,1000}$/u);
const ref = z.object({ hash: shown, size: z.int(), codec: shown, type: shown });
const task = z.object({ step: shown, path: shown, visit: z.number() });
const header = z.object({
  format: z.literal("millrace-model/1"),
  model: z.object({
    name: z.string(),
    /** Aliases begin with a letter. */
    version: z.string().regex(/^\d[\w.-]{0,99}$/),
    createdAt: z.iso.datetime(),
    ref,
    metrics: z.record(shown, z.number()),
    metadata: z.record(z.string(), z.custom<Json>()),
    source: task.extend({ flow: shown, run: shown, attempt: z.number() }).exactOptional(),
  }),
});

/**
 * Writes a version as one file: a line of JSON with its record, then its value's bytes. Nothing in it is a path.
 *
 * @throws ModelError `MODEL_UNKNOWN`; `MODEL_FILE` where the file cannot be written.
 */
export async function exportModel(models: Models, reference: string, file: string): Promise<Model> {
  const model = await models.get(reference);
  const { name, version, createdAt, ref, metrics, metadata, source } = model;
  const { hash, size, codec, type } = ref;
  const record = { name, version, createdAt, ref: { hash, size, codec, type }, metrics, metadata, source };
  const line = `${JSON.stringify({ format: "millrace-model/1", model: record })}\n`;
  const content = [Buffer.from(line), await models.bytes(model)];
  await writeFile(file, content).catch((cause: Error) => {
    throw new ModelError("MODEL_FILE", `${file} cannot be written: ${cause.message}.`, {
      fix: "Give a file in a folder that is there, is writable and has room.",
      cause,
    });
  });
  return model;
}

/**
 * Puts a version that {@link exportModel} wrote into a store.
 *
 * @throws ModelError `MODEL_FILE` where the file is none, or its content was changed; `MODEL_EXISTS` where the version is there with another value.
 */
export async function importModel(models: Models, file: string): Promise<Model> {
  const content = await readFile(file).catch((cause: Error) => {
    throw new ModelError("MODEL_FILE", `${file} cannot be read: ${cause.message}.`, { cause });
  });
  const record = parseHeader(file, content);
  const bytes = content.subarray(content.indexOf(newline) + 1);
  const found = hash("sha256", bytes);
  if (found !== record.ref.hash) {
    throw new ModelError(
      "MODEL_FILE",
      `${file} was changed: its value's SHA-256 is ${found}, not ${record.ref.hash}.`,
      {
        fix: "Export the model again.",
      },
    );
  }
  if (bytes.length !== record.ref.size) {
    throw new ModelError(
      "MODEL_FILE",
      `${file} was changed: its value has ${bytes.length} bytes, not ${record.ref.size}.`,
      {
        fix: "Export the model again.",
      },
    );
  }
  return await models.add(record, bytes);
}

function parseHeader(file: string, content: Buffer): ModelRecord {
  try {
    const { model } = header.parse(JSON.parse(content.subarray(0, content.indexOf(newline)).toString()));
    assertModelName(model.name);
    return model;
  } catch (cause) {
    throw new ModelError("MODEL_FILE", `${file} is no exported model.`, {
      fix: "Give a file that `millrace models export` has written.",
      cause,
    });
  }
}
