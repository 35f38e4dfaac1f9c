import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { afterAll, beforeAll } from "vitest";
import { ModelEndpoint, type ModelEndpointProps } from "../../../constructs/index.ts";
import { Thirds } from "../../model/fixtures/thirds.ts";

/** A service's file whose models are not packed. */
export const file = "test/model/fixtures/thirds.ts#Thirds";

/** Makes a bundle for the tests of a file; gives its folder while they run. */
export function useBundle(): () => string {
  let scratch = "";
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "millrace-bundle-"));
    const service = new Thirds().pack("offsets", new Float64Array([1]));
    service.divider.pack("divisor", 3);
    await service.save(join(scratch, "thirds"));
  }, 30_000);
  afterAll(() => rmSync(scratch, { recursive: true }));
  return () => join(scratch, "thirds");
}

/** A stack with one endpoint, and what it becomes. What else the endpoint uses is made in the stack. */
export function deployableEndpoint(
  props: ModelEndpointProps | ((stack: Stack) => ModelEndpointProps),
  use?: (endpoint: ModelEndpoint, stack: Stack) => void,
) {
  const stack = new Stack(new App(), "Stack");
  const endpoint = new ModelEndpoint(stack, "Thirds", typeof props === "function" ? props(stack) : props);
  use?.(endpoint, stack);
  return { stack, endpoint, template: Template.fromStack(stack) };
}
