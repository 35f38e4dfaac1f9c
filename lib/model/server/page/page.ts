import { hash } from "node:crypto";
import type { ApiDescription, BodyDescription, ServiceDescription } from "../../service/description.ts";
import { exampleBody, pretty } from "./example.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

/** The page's Content-Security-Policy: its own style and script, and requests to its own server. */
export const pagePolicy: string = [
  "default-src 'none'",
  `style-src ${source(style)}`,
  `script-src ${source(script)}`,
  "connect-src 'self'",
  "img-src blob: data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function source(text: string): string {
  return `'sha256-${hash("sha256", text, "base64")}'`;
}

/** The page to try a service: complete in itself, nothing is loaded from elsewhere. */
export function page({ name, apis }: ServiceDescription, version: string): string {
  const links = apis.length > 1 ? apis.map(({ name }) => `<a href="#${name}">${name}</a>`).join("\n") : "";
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(name)}</title>
<style>${style}</style>
<header><h1>${escapeHtml(name)}</h1><span class="version">${escapeHtml(version)}</span></header>
<nav aria-label="Service">
${links}
<a href="openapi.json">OpenAPI</a>
<a href="metrics">metrics</a>
<a href="readyz">health</a>
</nav>
<main>
${apis.map(section).join("\n")}
</main>
<script type="module">${script}</script>
</html>
`;
}

function section({ name, input, output, batch, timeout, maxBody }: ApiDescription): string {
  const examples = Object.fromEntries(input.types.map((type) => [type, exampleBody(input, type)]));
  const facts = [
    ...(batch === undefined ? [] : [`up to ${batch.maxSize} rows in a call`]),
    `answers within ${timeout / 1000} s`,
    `bodies up to ${Number((maxBody / 2 ** 20).toPrecision(3))} MiB`,
  ];
  return `<section id="${name}" data-name="${name}" aria-labelledby="${name}-title">
<h2 id="${name}-title"><span class="method">POST</span>/${name}</h2>
<p class="facts">${escapeHtml(`${input.types.join(", ")} → ${output.types.join(", ")}`)}<br>${escapeHtml(facts.join(" · "))}</p>
<script type="application/json">${json(examples)}</script>
<div class="sides">
<form>
<div class="row">
${select("type", "Content type", choices(input.types))}
${output.types.filter(isWhole).length > 1 ? select("accept", "Answer", output.types.filter(isWhole)) : ""}
</div>
<div class="typed"><textarea name="body" spellcheck="false" autocapitalize="off" aria-label="Body of ${name}"></textarea></div>
<div class="filed"><p><input name="file" type="file" aria-label="File for ${name}"></p><div class="chosen"></div></div>
<div class="row">
<button name="send" class="send">Send</button>
<button type="reset">Example</button>
<span class="hint keys">Ctrl+Enter sends</span>
</div>
<details><summary>As a curl command</summary><pre class="curl" tabindex="0"></pre><p><button type="button" name="copy">Copy</button></p></details>
</form>
<div>
<div class="answer" role="status" aria-live="polite" aria-label="Answer of ${name}"><span class="hint">The answer comes here.</span></div>
</div>
</div>
<details><summary>Schemas</summary>${schema("Input", input)}${schema("Output", output)}</details>
</section>`;
}

function select(name: string, label: string, types: readonly string[]): string {
  const options = types.map((type) => `<option>${escapeHtml(type)}</option>`).join("");
  return `<label>${label} <select name="${name}">${options}</select></label>`;
}

/** Where every image is taken, a file says itself which it is. */
function choices(types: readonly string[]): readonly string[] {
  const all = types.filter((type) => !isWhole(type));
  return all.length > 0 ? all : types;
}

/** `image/*` is no type to ask for. */
function isWhole(type: string): boolean {
  return !type.includes("*");
}

function schema(title: string, { types, schema }: BodyDescription): string {
  const text = Object.keys(schema).length === 0 ? types.join(", ") : pretty(schema);
  return `<pre aria-label="${title}" tabindex="0">${title}: ${escapeHtml(text)}</pre>`;
}

/** Within a script no text may end it. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
