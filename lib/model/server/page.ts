import type { Json } from "../../flow/definition.ts";
import type { BodyDescription, ServiceDescription } from "../service/description.ts";

/** The page to try a service: complete in itself, nothing is loaded from elsewhere. */
export function page({ name, apis }: ServiceDescription, version: string): string {
  const shown = apis.map((api) => ({
    name: api.name,
    types: api.input.types,
    example: exampleOf(api.input),
    input: api.input.schema,
    output: api.output.schema,
  }));
  // Within a script no text may end it.
  const data = JSON.stringify(shown).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>${escapeHtml(name)}</title>
<style>${style}</style>
<header><h1>${escapeHtml(name)}</h1> <span>${escapeHtml(version)}</span>
<nav><a href="openapi.json">openapi.json</a> <a href="metrics">metrics</a> <a href="readyz">readyz</a></nav></header>
<main></main>
<template><section>
  <h2></h2>
  <form>
    <label>Content type <select name="type"></select></label>
    <label>Body <textarea name="body" rows="6" spellcheck="false"></textarea></label>
    <label>or a file <input name="file" type="file"></label>
    <button>Send</button>
  </form>
  <output></output><pre hidden></pre>
  <details><summary>Schemas</summary><pre class="schemas"></pre></details>
</section></template>
<script type="module">
const apis = ${data};
${script}
</script>
</html>
`;
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; }
nav { margin-left: auto; display: flex; gap: 1rem; }
section { border-top: 1px solid #8886; padding: .5rem 0 1rem; }
label { display: block; margin: .5rem 0; }
textarea { display: block; width: 100%; box-sizing: border-box; font: .9rem ui-monospace, monospace; }
pre { background: #8882; padding: .75rem; overflow: auto; white-space: pre-wrap; }
`;

const script = `
for (const api of apis) {
  const section = document.querySelector("template").content.cloneNode(true).firstElementChild;
  const form = section.querySelector("form");
  const [output, answer] = [section.querySelector("output"), section.querySelector("output + pre")];
  section.querySelector("h2").textContent = "POST /" + api.name;
  section.querySelector(".schemas").textContent = JSON.stringify({ input: api.input, output: api.output }, null, 2);
  for (const type of api.types.filter((type) => !type.includes("*"))) form.type.add(new Option(type));
  form.body.value = api.example;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [file] = form.file.files;
    const headers = { "content-type": file?.type || form.type.value };
    if (file) headers["content-disposition"] = 'attachment; filename="' + encodeURIComponent(file.name) + '"';
    const began = performance.now();
    const response = await fetch(api.name, { method: "POST", headers, body: file ?? form.body.value });
    const type = response.headers.get("content-type") ?? "";
    const content = /json|text/.test(type) ? await response.text() : (await response.blob()).size + " bytes of " + type;
    output.textContent = response.status + " in " + (performance.now() - began).toFixed(0) + " ms";
    answer.textContent = /json/.test(type) ? JSON.stringify(JSON.parse(content), null, 2) : content;
    answer.hidden = false;
  });
  document.querySelector("main").append(section);
}
`;

/** A body to begin with; it has the schema's shape, not more. */
function exampleOf({ types, schema }: BodyDescription): string {
  return types[0] === "application/json" ? JSON.stringify(example(schema), null, 2) : "";
}

function example(schema: Json | undefined): Json {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return null;
  const {
    type,
    properties,
    items,
    minItems,
    prefixItems,
    enum: values,
    const: constant,
    default: value,
  } = schema as Record<string, Json>;
  const given = value ?? constant ?? (Array.isArray(values) ? values[0] : undefined);
  if (given !== undefined) return given;
  switch (type) {
    case "number":
    case "integer":
      return 1;
    case "string":
      return "text";
    case "boolean":
      return true;
    case "array":
      if (Array.isArray(prefixItems)) return prefixItems.map(example);
      return Array.from({ length: typeof minItems === "number" ? Math.min(minItems, 10) : 1 }, () => example(items));
    case "object":
      return Object.fromEntries(
        Object.entries((properties ?? {}) as Record<string, Json>).map(([name, member]) => [name, example(member)]),
      );
    default:
      return null;
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
