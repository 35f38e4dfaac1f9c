import { hash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { Json } from "../../flow/definition.ts";
import { assertModelName } from "../../metadata/model-names.ts";
import type { ModelRecord } from "../../metadata/models.ts";
import { ModelError } from "../errors.ts";
import type { Model, Models } from "./models.ts";

const newline = 0x0a;

const ref = z.object({ hash: z.string(), size: z.number(), codec: z.string(), type: z.string() });
const task = z.object({ step: z.string(), path: z.string(), visit: z.number() });
const header = z.object({
  format: z.literal("millrace-model/1"),
  model: z.object({
    name: z.string(),
    version: z.string().regex(/^[\w.-]{1,100}$/),
    createdAt: z.iso.datetime(),
    ref,
    metrics: z.record(z.string(), z.number()),
    metadata: z.record(z.string(), z.custom<Json>()),
    source: task.extend({ flow: z.string(), run: z.string(), attempt: z.number() }).exactOptional(),
  }),
});

/** Writes a version as one file: a line of JSON with its record, then its value's bytes. Nothing in it is a path. */
export async function exportModel(models: Models, reference: string, file: string): Promise<Model> {
  const model = await models.get(reference);
  const { name, version, createdAt, ref, metrics, metadata, source } = model;
  const { hash, size, codec, type } = ref;
  const record = { name, version, createdAt, ref: { hash, size, codec, type }, metrics, metadata, source };
  const line = `${JSON.stringify({ format: "millrace-model/1", model: record })}\n`;
  await writeFile(file, Buffer.concat([Buffer.from(line), await models.bytes(model)]));
  return model;
}

/**
 * Puts a version that {@link exportModel} wrote into a store.
 *
 * @throws ModelError `MODEL_FILE` where the file is none, or its content was changed.
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
