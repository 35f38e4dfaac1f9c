import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../model/support/server-process.ts";
import { Folder } from "./command.ts";

let folder: Folder;
let port: number;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = new Folder();
  symlinkSync(join(import.meta.dirname, "../../node_modules/zod"), join(folder.path, "node_modules/zod"));
  port = await freePort();
});
afterEach(() => {
  child?.kill("SIGKILL");
  folder.remove();
});

const service = (body: string) => `
import { api, ModelService } from "millrace/model";
import { z } from "zod";

export class Adder extends ModelService {
  @api({ input: z.number(), output: z.number() })
  add(x: number) {
    ${body}
  }
}
`;

/** Runs the command; what it prints, so far. */
function serve(...options: readonly string[]) {
  const printed = { stdout: "", stderr: "" };
  const started = folder.start(["serve", "service.ts", "--port", String(port), ...options]);
  child = started;
  started.stdout.setEncoding("utf8").on("data", (text) => (printed.stdout += text));
  started.stderr.setEncoding("utf8").on("data", (text) => (printed.stderr += text));
  return { child: started, printed };
}

/** What 1 gives; `undefined` where nothing listens. */
async function added(): Promise<number | undefined> {
  const headers = { "content-type": "application/json" };
  const url = `http://127.0.0.1:${port}/add`;
  const response = await fetch(url, { method: "POST", body: "1", headers }).catch(() => undefined);
  return response === undefined ? undefined : Number(await response.text());
}

const soon = { timeout: 10_000 };

describe("serve", () => {
  it("ends with several workers too where it cannot start", async () => {
    folder.write(
      "service.ts",
      service("return x + 1;").replace("  @api", '  override onStartup() { throw new Error("no"); }\n  @api'),
    );
    const { child, printed } = serve("--workers", "2");
    expect(await once(child, "close")).toEqual([1, null]);
    expect(printed.stderr).toContain("error: Error: no\n");
    expect(printed.stderr).toContain("error: A worker ended with exit code 1 before it served.\n");
  });

  it.each([[[]], [["--workers", "2"]]])("tries its port before it starts the service: %j", async (options) => {
    folder.write(
      "service.ts",
      service("return x + 1;").replace("  @api", '  override onStartup() { console.error("starts"); }\n  @api'),
    );
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    const { child, printed } = serve(...options);
    expect(await once(child, "close")).toEqual([1, null]);
    other.close();
    expect(printed).toEqual({
      stdout: "",
      stderr:
        `error: The server cannot listen on 127.0.0.1:${port}: another program listens there.\n` +
        "  fix: Give another address with --host and --port.\n",
    });
  });

  it("says where it listens and what it answers, and ends when it is told to", async () => {
    folder.write("service.ts", service("return x + 1;"));
    const { child, printed } = serve();
    await expect.poll(added, soon).toBe(2);
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([0, null]);
    const lines = printed.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      {
        level: 30,
        time: expect.any(Number),
        service: "Adder",
        url: `http://127.0.0.1:${port}`,
        version: "0.0.0",
        apis: ["/add"],
        msg: "listening",
      },
      { level: 30, time: expect.any(Number), service: "Adder", signal: "SIGINT", msg: "stopping" },
    ]);
    expect(printed.stderr).toBe("");
  });

  it.each([
    [["--reload", "--workers", "2"], "--reload serves from one process."],
    [["--workers", "0"], "--workers is a whole number from 1 to 256"],
    [["--log-level", "loud"], "--log-level is one of debug, info, warn, error, silent"],
  ])("refuses %j", async (options, message) => {
    folder.write("service.ts", service("return x;"));
    const { code, stderr } = await folder.millrace("serve", "service.ts", ...options);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe("what cannot be served", () => {
  it("a service that the file does not have", async () => {
    folder.write("service.ts", service("return x + 1;"));
    expect(await folder.millrace("serve", "service.ts#Nope")).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: service.ts exports no service Nope.\n  at service.ts\n  fix: Name one: service.ts#Adder.\n",
    });
  });

  it.each([
    [
      "nothing.ts",
      "error: There is no file nothing.ts.\n  fix: Give the path of a service's file, or of the folder of a bundle.\n",
    ],
    ["servce.ts", "error: There is no file servce.ts.\n  fix: Did you mean service.ts?\n"],
    [".", "error: A service is a file, not a folder: ..\n  fix: Did you mean service.ts?\n"],
  ])("%s", async (target, message) => {
    folder.write("service.ts", service("return x;"));
    expect(await folder.millrace("serve", target)).toEqual({ code: 2, stdout: "", stderr: message });
  });

  it("a file that saves its service: it would save whenever it is loaded", async () => {
    const saving = `${service("return x;")}\nawait new Adder().save("adder");\n`;
    folder.write("service.ts", saving);
    expect(await folder.millrace("serve", "service.ts")).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: service.ts saves Adder whenever it is loaded, also to serve it.
  at service.ts:12
  fix: Pack and save it in another file, which imports Adder.
`,
    });
  });
});

describe("serve --reload", () => {
  it("answers as the file says, and as it said where a change does not load", async () => {
    folder.write("service.ts", service("return x + 1;"));
    const { child, printed } = serve("--reload", "--log-level", "warn");
    await expect.poll(added, soon).toBe(2);
    folder.write("service.ts", service("return x + 10;"));
    await expect.poll(added, soon).toBe(11);
    folder.write("service.ts", service("return x + ;"));
    await expect.poll(() => printed.stderr, soon).toContain("The service as it was before goes on.");
    expect(printed.stderr).toContain('error: service.ts:8:16: Unexpected ";"');
    expect(await added()).toBe(11);
    folder.write("service.ts", service("return x + 100;"));
    await expect.poll(added, soon).toBe(101);
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([0, null]);
    expect(await added()).toBe(undefined);
  });

  it("ends with the process that watches the files, however that ends", async () => {
    folder.write("service.ts", service("return x + 1;"));
    const { child } = serve("--reload", "--log-level", "warn");
    await expect.poll(added, soon).toBe(2);
    child.kill("SIGKILL");
    await expect.poll(added, soon).toBe(undefined);
  });

  it("waits for a file that does not load at first", async () => {
    folder.write("service.ts", service("return x + ;"));
    const { printed } = serve("--reload", "--log-level", "warn");
    await expect.poll(() => printed.stderr, soon).toContain("It is loaded again when the file changes.");
    folder.write("service.ts", service("return x + 1;"));
    await expect.poll(added, soon).toBe(2);
  });
});
