import type { Client } from "../../lib/client/client.ts";
import { runsCode } from "../../lib/data/codecs/python.ts";
import type { Model } from "../../lib/model/store/models.ts";
import { clientOf } from "../terminal/client.ts";
import { UsageError } from "../terminal/errors.ts";
import { wholeNumber } from "../terminal/options.ts";
import { printTable } from "../terminal/table.ts";

interface ModelsOptions {
  readonly json?: true;
  readonly store?: string;
}

export async function list(name: string | undefined, options: ModelsOptions & { readonly limit: string }) {
  const limit = wholeNumber("--limit", options.limit);
  await using client = await clientOf(options.store);
  const names = name === undefined ? await client.models.names() : [name];
  const models = await Promise.all(names.map((each) => described(client, each, name === undefined ? 1 : limit)));
  if (name !== undefined && models.flat().length === 0) await client.models.get(name);
  if (options.json) return console.log(JSON.stringify(models.flat()));
  await printTable(
    ["model", "version", "aliases", "type", "bytes", "metrics", "made by"],
    models.flat().map(({ name, version, aliases, ref, metrics, source }) => [
      name,
      version,
      aliases.join(" "),
      ref.type,
      String(ref.size),
      Object.entries(metrics)
        .map(([metric, value]) => `${metric} ${Number(value.toPrecision(4))}`)
        .join(" "),
      source === undefined ? "" : `${source.flow}/${source.run}/${source.step}`,
    ]),
  );
}

export async function get(reference: string, options: ModelsOptions): Promise<void> {
  await using client = await clientOf(options.store);
  const model = await withAliases(client, await client.models.get(reference));
  if (options.json) return console.log(JSON.stringify(model));
  const { name, version, createdAt, aliases, ref, metrics, metadata, source } = model;
  console.log(`${name}:${version}${aliases.length > 0 ? ` (${aliases.join(", ")})` : ""}`);
  console.log(`  created   ${createdAt}`);
  console.log(`  value     ${ref.type}, ${ref.size} bytes, ${ref.codec}, SHA-256 ${ref.hash}`);
  if (source !== undefined) console.log(`  made by   ${source.flow}/${source.run}/${source.step}`);
  for (const [metric, value] of Object.entries(metrics)) console.log(`  metric    ${metric} ${value}`);
  for (const [key, value] of Object.entries(metadata)) console.log(`  metadata  ${key} ${JSON.stringify(value)}`);
}

export async function exportTo(reference: string, file: string, options: ModelsOptions): Promise<void> {
  const { exportModel } = await import("../../lib/model/store/file.ts");
  await using client = await clientOf(options.store);
  report(await exportModel(client.models, reference, file), `is in ${file}`, options);
}

export async function importFrom(file: string, options: ModelsOptions): Promise<void> {
  const { importModel } = await import("../../lib/model/store/file.ts");
  await using client = await clientOf(options.store, { create: true });
  const model = await importModel(client.models, file);
  report(model, "is in the store", options);
  const { name, version, ref } = model;
  if (!runsCode(ref.codec)) return;
  console.error(
    `${name}:${version} (${ref.codec}) runs code when it is loaded: use it only if you trust whom it is from.`,
  );
}

export async function remove(reference: string, options: ModelsOptions): Promise<void> {
  await using client = await clientOf(options.store);
  report(await client.models.delete(reference), "is deleted", options);
}

/** Lets an alias point to a version, or with `--delete` to none. */
export async function alias(
  target: string,
  reference: string | undefined,
  options: ModelsOptions & { readonly delete?: true },
): Promise<void> {
  const [name = "", alias = ""] = target.split(":");
  const fix = "Write millrace models alias iris:production iris, say.";
  if (alias === "") {
    throw new UsageError(`An alias is of a model, as iris:production; received ${JSON.stringify(target)}.`, fix);
  }
  if ((reference === undefined) === (options.delete === undefined)) {
    throw new UsageError("An alias is set to a model, or removed with --delete.", fix);
  }
  await using client = await clientOf(options.store);
  await client.models.setAlias(name, alias, reference);
  const version = (await client.models.aliases(name)).get(alias);
  if (options.json) console.log(JSON.stringify({ name, alias, version }));
  else console.log(version === undefined ? `${target} is removed.` : `${target} is ${name}:${version}.`);
}

async function described(client: Client, name: string, limit: number) {
  return await Promise.all((await client.models.versions(name, { limit })).map((model) => withAliases(client, model)));
}

async function withAliases(client: Client, { value, ...record }: Model) {
  const aliases = [...(await client.models.aliases(record.name))];
  return { ...record, aliases: aliases.filter(([, version]) => version === record.version).map(([alias]) => alias) };
}

function report({ value, ...record }: Model, done: string, { json }: ModelsOptions): void {
  console.log(json ? JSON.stringify(record) : `${record.name}:${record.version} ${done}.`);
}
