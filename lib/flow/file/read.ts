import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { MillraceError } from "../../errors.ts";
import type { FlowDefinition } from "../definition.ts";
import { completeDefinition, defineFlow } from "./define.ts";
import { definitionSchema } from "./definition-schema.ts";
import { fileSchema } from "./file-schema.ts";
import { parseSource, type Source } from "./source.ts";
import { validate } from "./validate.ts";

/**
 * Reads a flow that is written as a file, YAML or JSON: either the `FlowDefinition` document itself (`version: 1`) or the shorter form for
 * people. It brings a YAML parser and zod along: import it only where there is such a file.
 *
 * @example
 * ```yaml
 * name: Train
 * parameters:
 *   alpha: { type: number, default: 0.5 }
 * artifacts: [rows, model]
 * steps:
 *   start: { handler: steps.ts#load, writes: [rows], next: train }
 *   train:
 *     command: [python, train.py]
 *     image: python:3.13-slim
 *     compute: { kind: batch, vcpu: 4, memory: 8 GiB }
 *     reads: [rows]
 *     writes: [model]
 *     next: end
 *   end: { handler: steps.ts#report }
 * ```
 * @throws FlowCheckError `FLOW_CHECK` where the file is no flow, with all that is wrong, where, and what to do about it;
 * MillraceError `FLOW_FILE_UNREADABLE` where it cannot be read.
 */
export async function readFlowFile(path: string): Promise<FlowDefinition> {
  const file = relative(process.cwd(), resolve(path));
  return readSource(parseSource(file, await readText(file)));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("FLOW_FILE_UNREADABLE", `The flow's file cannot be read: ${reason}.`, {
      fix: "Give the path of a flow's file.",
      at: { file },
      cause,
    });
  }
}

function readSource(source: Source): FlowDefinition {
  const { data } = source;
  const isDefinition = typeof data === "object" && data !== null && "version" in data;
  return isDefinition
    ? completeDefinition(source, validate(source, definitionSchema))
    : defineFlow(source, validate(source, fileSchema));
}
