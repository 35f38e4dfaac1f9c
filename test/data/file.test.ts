import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decode, encode } from "../../lib/data/codecs/index.ts";
import { DecodeError, EncodeError } from "../../lib/data/errors.ts";
import { ArtifactFile } from "../../lib/data/file.ts";

const folder = mkdtempSync(join(tmpdir(), "files-"));
afterAll(() => rmSync(folder, { recursive: true }));

function throughStore(file: ArtifactFile): ArtifactFile {
  const { codec, bytes } = encode(file, "this.report");
  expect(codec).toBe("file");
  return decode(codec, bytes) as ArtifactFile;
}

describe("a file as an artifact", () => {
  it("comes back with its name, its media type and its content, when the original is gone", () => {
    const path = join(folder, "report.html");
    writeFileSync(path, "<p>Grüße</p>\n");
    const encoded = encode(ArtifactFile.at(path), "this.report");
    rmSync(path);
    const file = decode(encoded.codec, encoded.bytes) as ArtifactFile;
    expect(encoded.type).toBe("File(report.html)");
    expect(file).toBeInstanceOf(ArtifactFile);
    expect([file.name, file.type, file.size, file.text()]).toStrictEqual([
      "report.html",
      "text/html",
      15,
      "<p>Grüße</p>\n",
    ]);
  });

  it("is stored as it is when the task ends, not when it was named", () => {
    const path = join(folder, "later.txt");
    const file = ArtifactFile.at(path);
    writeFileSync(path, "written later");
    expect(throughStore(file).text()).toBe("written later");
  });

  it("may be made of bytes or text, with a media type of one's own", () => {
    const bytes = new Uint8Array([10, 0, 255]);
    const file = throughStore(new ArtifactFile("model.onnx", bytes, "application/onnx"));
    expect([file.type, Buffer.compare(file.bytes(), bytes)]).toStrictEqual(["application/onnx", 0]);
    expect(throughStore(new ArtifactFile("empty", "")).bytes()).toHaveLength(0);
  });

  it("is on the disk for programs that need a path", () => {
    const file = throughStore(new ArtifactFile("data.csv", "a,b\n"));
    expect(basename(file.path())).toBe("data.csv");
    expect(readFileSync(file.path(), "utf8")).toBe("a,b\n");
    expect(file.path()).toBe(file.path());
  });

  it.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\Windows\\system.ini", "system.ini"],
    ["..", "file"],
    ["a/", "file"],
    ["", "file"],
    ["a\0b", "ab"],
  ])("is never written outside of its folder: %j becomes %s", (name, safe) => {
    const stored = Buffer.from(`${JSON.stringify({ name, type: "text/plain" })}\ncontent`);
    const file = decode("file", stored) as ArtifactFile;
    expect(file.name).toBe(safe);
    expect(basename(file.path())).toBe(safe);
  });

  it("that is not there is an error that names the artifact and the file", () => {
    const path = join(folder, "missing.txt");
    const store = () => encode(ArtifactFile.at(path), "this.report");
    expect(store).toThrow(EncodeError);
    expect(store).toThrow(
      `this.report is a file that cannot be read: ENOENT: no such file or directory, open '${path}'.`,
    );
    expect(() => encode({ all: [ArtifactFile.at(path)] }, "this.reports")).toThrow(
      `this.reports.all[0] is a file that cannot be read: ENOENT`,
    );
  });

  it("that is damaged is an error", () => {
    expect(() => decode("file", Buffer.from("no header"))).toThrow(DecodeError);
  });
});
