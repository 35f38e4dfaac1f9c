import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { expect, it } from "vitest";
import { encodePart, sign } from "../../lib/aws/signature.ts";

/** What the AWS SDK wants of a hash. */
class Sha256 {
  readonly #hash;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash("sha256") : createHmac("sha256", key as string);
  }
  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const now = new Date("2026-11-23T18:00:00.123Z");
const part = fc
  .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
  .filter((text) => text !== "." && text !== "..");
const header = fc.constantFrom("content-type", "range", "if-none-match", "x-amz-target");
const headerValue = fc.string({ minLength: 1, unit: fc.constantFrom(..."abcXYZ019=*;/, -") });

it("signs any request as the AWS SDK does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        service: fc.constantFrom("s3", "dynamodb"),
        method: fc.constantFrom("GET", "PUT", "POST"),
        path: fc.array(part, { maxLength: 4 }),
        query: fc.dictionary(part, part, { maxKeys: 3 }),
        headers: fc.dictionary(header, headerValue),
        body: fc.string(),
        sessionToken: fc.option(fc.constant("token//=="), { nil: undefined }),
      }),
      async ({ service, method, path, query, headers, body, sessionToken }) => {
        const bodyHash = createHash("sha256").update(body).digest("hex");
        const search = Object.entries(query).map(([name, value]) => `${encodePart(name)}=${encodePart(value)}`);
        const url = new URL(`https://host.example:8443/${path.map(encodePart).join("/")}?${search.join("&")}`);
        const ours = sign(
          { method, url, headers, bodyHash },
          { ...credentials, sessionToken },
          service,
          "eu-west-1",
          now,
        );

        const signer = new SignatureV4({
          service,
          region: "eu-west-1",
          credentials: sessionToken === undefined ? credentials : { ...credentials, sessionToken },
          sha256: Sha256,
          uriEscapePath: false,
        });
        const request = {
          method,
          protocol: "https:",
          hostname: url.hostname,
          port: 8443,
          path: url.pathname,
          query,
          headers: { ...headers, host: url.host, "x-amz-content-sha256": bodyHash },
          body,
        };
        const theirs = await signer.sign(request, { signingDate: now });
        expect({ ...ours, host: url.host }).toEqual(theirs.headers);
      },
    ),
  );
});
