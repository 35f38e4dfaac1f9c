import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FolderBlobStore } from "../../lib/data/blobs/folder.ts";
import { encode } from "../../lib/data/codecs/index.ts";
import type { ArtifactRef } from "../../lib/data/store.ts";
import { Tensor } from "../../lib/data/tensor.ts";
import { TaskArtifacts } from "../../lib/task/artifacts.ts";
import type { StepContext } from "../../lib/task/protocol.ts";

const folder = mkdtempSync(join(tmpdir(), "other-bytes-"));
afterAll(() => rmSync(folder, { recursive: true }));

const context: StepContext = {
  flow: "Train",
  step: "fit",
  definition: { body: { kind: "method" }, transitions: [], reads: "all", writes: [] },
  role: "plain",
  exits: [],
  parameters: [],
  artifacts: ["x"],
};
/** As Python writes it. */
const inline = '{"10":1.0,"9":[1e-07]}';
const written: ArtifactRef = { hash: "0".repeat(64), size: inline.length, codec: "json", type: "Object", inline };

async function leftBy(
  step: (flow: { x: Record<string, unknown> }) => void,
  x = written,
): Promise<ArtifactRef | undefined> {
  const artifacts = new TaskArtifacts(context, new FolderBlobStore(folder), { x });
  await artifacts.prefetch("all");
  const flow = { x: {} };
  artifacts.attach(flow);
  step(flow);
  return (await artifacts.collect(flow)).x;
}

describe("an artifact that Python wrote in bytes that JavaScript would not", () => {
  it("stays what it is where a step only read it", async () => {
    expect(await leftBy((flow) => void flow.x["9"])).toBe(written);
  });

  it("is another one where a step changed it in place", async () => {
    expect(await leftBy((flow) => Object.assign(flow.x, { a: 1 }))).toMatchObject({
      inline: '{"9":[1e-7],"10":1,"a":1}',
    });
  });

  it("is another one where a step assigned it", async () => {
    expect(
      await leftBy((flow) => {
        flow.x = { b: 1 };
      }),
    ).toMatchObject({ inline: '{"b":1}' });
  });
});

describe("an array of uint8 of NumPy's, which is a Uint8Array here", () => {
  const { bytes } = encode(new Tensor(Uint8Array.of(1, 2, 3), [3]), "this.x");
  const pixels: ArtifactRef = {
    hash: hash("sha256", bytes, "hex"),
    size: bytes.length,
    codec: "npy",
    type: "Uint8Array(3)",
    inline: Buffer.from(bytes).toString("base64"),
  };

  it("stays an array where a step only read it", async () => {
    expect(await leftBy((flow) => expect(flow.x).toEqual(Uint8Array.of(1, 2, 3)), pixels)).toBe(pixels);
  });

  it("is bytes, as any Uint8Array, where a step changed it in place", async () => {
    const changed = await leftBy((flow) => void Object.assign(flow.x, { 0: 9 }), pixels);
    expect(changed).toMatchObject({ codec: "bytes", inline: Buffer.from([9, 2, 3]).toString("base64") });
  });
});

describe("an artifact that cannot be read here", () => {
  const unreadable: ArtifactRef = { ...written, codec: "arrow", type: "Table(3×2)" };

  it("is passed on by a step that does not touch it", async () => {
    expect(await leftBy(() => {}, unreadable)).toBe(unreadable);
  });

  it("is an error where a step touches it", async () => {
    await expect(leftBy((flow) => void flow.x, unreadable)).rejects.toThrow(
      'An artifact of the codec "arrow" cannot be read',
    );
  });
});
