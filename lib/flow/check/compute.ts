import type { Compute, FlowDefinition, StepDefinition } from "../definition.ts";
import { placeOf } from "./place.ts";
import type { Problem } from "./problem.ts";

/** Seconds that Lambda gives a function at most. */
const lambdaTimeout = 900;

/** The memory, in MiB, that Fargate offers for a number of vCPUs: from, to, in steps of. */
const fargate: ReadonlyMap<number, readonly [number, number, number]> = new Map([
  [0.25, [512, 2048, 512]],
  [0.5, [1024, 4096, 1024]],
  [1, [2048, 8192, 1024]],
  [2, [4096, 16_384, 1024]],
  [4, [8192, 30_720, 1024]],
  [8, [16_384, 61_440, 4096]],
  [16, [32_768, 122_880, 8192]],
]);

/** Whether AWS has what the steps ask for, so that a flow which runs here can be deployed as it is. */
export function checkCompute(definition: FlowDefinition): Problem[] {
  return Object.entries(definition.steps).flatMap(([name, step]) =>
    [...faultsOf(name, step)].map((fault) => ({ ...fault, ...placeOf(definition, name) })),
  );
}

function* faultsOf(name: string, { compute, timeout, body }: StepDefinition): Iterable<Problem> {
  if (compute?.kind === "batch") yield* batchFaults(name, compute);
  else if (compute !== undefined || body.kind !== "command") {
    const memory = compute?.memory ?? 512;
    if (!Number.isInteger(memory) || memory < 128 || memory > 10_240) {
      yield {
        code: "LAMBDA_MEMORY",
        message: `${name} asks for ${memory} MiB; a Lambda function has 128 to 10,240, in whole MiB.`,
        fix: 'Change it, or run the step on Batch: compute: { kind: "batch", vcpu: 4, memory: "16 GiB" }.',
      };
    }
    if (timeout !== undefined && timeout > lambdaTimeout) {
      yield {
        code: "LAMBDA_TIMEOUT",
        message: `${name} may take ${timeout} s; a Lambda function has ${lambdaTimeout} s (15 min) at most.`,
        fix: 'Shorten it, or run the step on Batch: compute: { kind: "batch", vcpu: 1, memory: "2 GiB" }.',
      };
    }
  }
  if (compute?.kind === "lambda" && body.kind === "command") {
    yield {
      code: "COMMAND_ON_LAMBDA",
      message: `${name} runs a command, which Lambda does not.`,
      fix: 'Run it on Batch: compute: { kind: "batch", vcpu: 1, memory: "2 GiB" }.',
    };
  }
}

function* batchFaults(name: string, { vcpu, memory, gpu }: Extract<Compute, { kind: "batch" }>): Iterable<Problem> {
  // Steps with a GPU run on instances, which have other sizes.
  if (gpu !== undefined) return;
  const [least, most, step] = fargate.get(vcpu) ?? [];
  if (least === undefined || most === undefined || step === undefined) {
    yield {
      code: "BATCH_SIZE",
      message: `${name} asks for ${vcpu} vCPU, which Fargate does not offer.`,
      fix: `Ask for ${[...fargate.keys()].join(", ")}.`,
    };
  } else if (memory < least || memory > most || memory % step !== 0) {
    yield {
      code: "BATCH_SIZE",
      message: `${name} asks for ${memory} MiB with ${vcpu} vCPU, which Fargate does not offer.`,
      fix: `Ask for ${least} to ${most} MiB in steps of ${step} MiB, or for another number of vCPUs.`,
    };
  }
}
