import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Dictionary,
  Float32,
  Int8,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { saveBundle } from "../../lib/model/bundle/save.ts";
import { type Server, serve } from "../../lib/model/server/serve.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { loadService } from "../../lib/model/service/load.ts";
import type { ServiceClass } from "../../lib/model/service/model-service.ts";
import { startServer } from "../model/support/server-process.ts";

const python = "/usr/bin/python3";
const hasPandas = spawnSync(python, ["-c", "import pandas"]).status === 0;
const stream = "application/vnd.apache.arrow.stream";

describe.skipIf(!hasPandas)("a service in Python with frames (apt-get install python3-pandas)", () => {
  let scratch: string;
  let server: Server;
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "python-tables-"));
    vi.stubEnv("MILLRACE_PYTHON", python);
    const { service } = await load();
    const description = describeService(service.constructor as ServiceClass);
    server = await serve({ service, description, version: "1" }, { port: 0, logLevel: "silent" });
  });
  afterAll(async () => {
    await server.close();
    vi.unstubAllEnvs();
    rmSync(scratch, { recursive: true });
  });

  const load = () => loadService("test/python/fixtures/areas.py", { cacheDir: join(scratch, "cache") });

  const flowers = {
    width: vectorFromArray([1, 2, 4], new Float32()),
    length: vectorFromArray([2, 3, 5], new Float32()),
    kind: vectorFromArray(["a", "b", "a"], new Dictionary(new Utf8(), new Int8())),
  };

  async function ask(path: string, columns: Record<string, Vector>, accept: string, url = server.url) {
    const body = new Uint8Array(tableToIPC(new Table(columns), "stream"));
    const headers = { "content-type": stream, accept };
    return await fetch(`${url}${path}`, { method: "POST", body, headers });
  }

  async function table(response: Response) {
    expect(response.headers.get("content-type")).toBe(stream);
    const table = tableFromIPC(new Uint8Array(await response.arrayBuffer()));
    return { types: table.schema.fields.map(String), rows: table.toArray().map((row) => ({ ...row?.toJSON() })) };
  }

  it("takes and answers them in Arrow's formats", async () => {
    expect(await (await ask("/areas", flowers, "application/json")).json()).toEqual([
      { kind: "a", area: 2 },
      { kind: "b", area: 6 },
      { kind: "a", area: 20 },
    ]);
    expect(await table(await ask("/areas", flowers, stream))).toEqual({
      types: ["kind: Utf8", "area: Float64"],
      rows: [
        { kind: "a", area: 2 },
        { kind: "b", area: 6 },
        { kind: "a", area: 20 },
      ],
    });
    expect((await ask("/invocations", flowers, "*/*")).status).toBe(200);
  });

  it("whose columns no hint tells are read as they come", async () => {
    expect(await table(await ask("/means", flowers, stream))).toEqual({
      types: ["kind: Utf8", "width: Float64", "length: Float64", "n: Float64", "isOk: Bool"],
      rows: [
        { kind: "a", width: 2.5, length: 3.5, n: 3, isOk: true },
        { kind: "b", width: 2, length: 3, n: 3, isOk: true },
      ],
    });
  });

  it("refuses what a hint does not take, with row and column", async () => {
    const response = await ask("/areas", { ...flowers, width: vectorFromArray([1, -2, 4], new Float32()) }, "*/*");
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { issues: [{ path: "[1].width" }] } });
    const { width, length } = flowers;
    const { error } = JSON.parse(await (await ask("/areas", { width, length }, "*/*")).text());
    expect(error.issues[0].path).toBe("[0].kind");
  });

  it("has apache-arrow in its bundle", async () => {
    const { service, file } = await load();
    const folder = await saveBundle(service, join(scratch, "areas"), { file });
    const { child, url, ended } = await startServer(folder, [], { MILLRACE_PYTHON: python });
    expect((await table(await ask("/areas", flowers, stream, url))).rows).toHaveLength(3);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });

  it("says so in its OpenAPI document", async () => {
    const { paths } = JSON.parse(await (await fetch(`${server.url}/openapi.json`)).text());
    const types = ["application/json", stream, "application/vnd.apache.arrow.file"];
    expect(Object.keys(paths["/areas"].post.requestBody.content)).toEqual(types);
    expect(Object.keys(paths["/means"].post.responses[200].content)).toEqual(types);
  });
});
