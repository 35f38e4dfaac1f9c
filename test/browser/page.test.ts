import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Server, serve } from "../../lib/model/server/serve.ts";
import { describeService } from "../../lib/model/service/description.ts";
import { loadArrow } from "../../lib/model/service/table/arrow/library.ts";
import { Shapes } from "../model/fixtures/shapes.ts";

// What people do on the page to try a service.

/** A red dot. */
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);

let server: Server;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the browser complains of: scripts that fail, what the policy forbids. */
let complaints: string[];

beforeAll(async () => {
  // The longest content types.
  await loadArrow();
  const service = new Shapes().pack("calls", []);
  server = await serve(
    { service, description: describeService(Shapes), version: "1.2.3" },
    { port: 0, logLevel: "silent" },
  );
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  complaints = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(server.url);
});
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

const api = (name: string): Locator => page.locator(`section#${name}`);
const answerOf = (name: string): Locator => api(name).getByRole("status");

async function send(name: string): Promise<void> {
  await api(name).getByRole("button", { name: "Send" }).click();
  await answerOf(name).locator(".status").waitFor();
}

describe("the page of a service", () => {
  it("names the service and its APIs", async () => {
    expect(await page.title()).toBe("Shapes");
    expect(await page.locator("h1").textContent()).toBe("Shapes");
    expect(await page.locator("h2").allTextContents()).toEqual([
      "POST/sums",
      "POST/brightness",
      "POST/tall",
      "POST/same",
      "POST/moved",
    ]);
  });

  it("loads nothing from elsewhere, and its policy lets nothing else run", async () => {
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    const response = await page.reload();
    expect(requested.filter((url) => !url.startsWith("data:"))).toEqual([`${server.url}/`]);
    expect(response?.headers()["content-security-policy"]).not.toContain("unsafe");
    const ran = await page.evaluate(`(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      return window.ran === true;
    })()`);
    expect(ran).toBe(false);
    // That it was stopped, the browser says.
    complaints.length = 0;
  });

  it("sends an example of the schema's shape, and shows the answer, its status, time and command", async () => {
    expect(await api("sums").locator("textarea").inputValue()).toBe("[[1, 1]]");
    await send("sums");
    const answer = answerOf("sums");
    expect(await answer.locator(".status").textContent()).toBe("200 OK");
    expect(await answer.locator(".time").textContent()).toMatch(/^[\d.]+ ms$/);
    expect(await answer.locator("pre").textContent()).toBe("[2]");
    expect(await api("sums").locator(".curl").textContent()).toBe(
      `curl '${server.url}/sums' \\\n  -H 'content-type: application/json' \\\n  --data-binary '[[1, 1]]'`,
    );
  });

  it("shows where an input is wrong", async () => {
    await api("sums").locator("textarea").fill('[[1, 2], [3, "x"]]');
    await send("sums");
    expect(await answerOf("sums").locator(".status").textContent()).toBe("400 Bad Request");
    expect(await answerOf("sums").locator(".told").textContent()).toBe(
      "The input at [1][1] is not what sums takes: Expected a number, received string.",
    );
  });

  it("sends a table as CSV and shows the answer as CSV", async () => {
    const tall = api("tall");
    await tall.getByLabel("Content type").selectOption("text/csv");
    await tall.getByRole("combobox", { name: /^Answer/ }).selectOption("text/csv");
    expect(await tall.locator("textarea").inputValue()).toBe("name,age,height,isMember\ntext,1,1,true\n");
    await tall.locator("textarea").fill("name,age,height\nAda,36,1.9\n");
    await send("tall");
    expect(await answerOf("tall").locator("pre").textContent()).toBe("name,isTall\nAda,true\n");
    expect(await tall.locator(".curl").textContent()).toContain("-H 'accept: text/csv'");
  });

  it("sends an image and shows the one that comes back", async () => {
    const same = api("same");
    expect(await same.locator("textarea").isVisible()).toBe(false);
    await same.getByRole("button", { name: "Send" }).click();
    expect(await answerOf("same").textContent()).toBe("Choose a file first.");
    await same.getByLabel("File for same").setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: png });
    expect(await same.getByAltText("The chosen image").isVisible()).toBe(true);
    await send("same");
    expect(await answerOf("same").getByAltText("The answer").isVisible()).toBe(true);
    await expect.poll(() => page.evaluate('document.querySelector("#same .answer img").naturalWidth')).toBe(1);
    expect(await answerOf("same").getByRole("link").getAttribute("download")).toBe("same");
    expect(await same.locator(".curl").textContent()).toContain("-H 'content-type: image/png'");
  });

  it("says that the server has gone", async () => {
    await context.setOffline(true);
    await send("sums");
    expect(await answerOf("sums").locator(".status").textContent()).toBe("No answer");
    // That the request failed, the browser says.
    complaints.length = 0;
  });

  it("needs no mouse", async () => {
    await page.keyboard.press("Tab");
    for (let i = 0; i < 20; i++) {
      if (await page.evaluate('document.activeElement.name === "body"')) break;
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("[[20, 22]]");
    await page.keyboard.press("Control+Enter");
    await answerOf("sums").locator(".status").waitFor();
    expect(await answerOf("sums").locator("pre").textContent()).toBe("[42]");
  });

  it.each([
    ["light", 1200],
    ["dark", 360],
  ] as const)("fits a %s screen %d pixels wide", async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await send("sums");
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const colours = await page.evaluate(
      "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]",
    );
    const [text, back] = (colours as string[]).map((colour) => Number(/\d+/.exec(colour)?.[0]));
    expect((text ?? 0) > (back ?? 0)).toBe(colorScheme === "dark");
  });
});
