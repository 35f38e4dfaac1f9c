import type { DescribeExecutionCommandOutput } from "@aws-sdk/client-sfn";
import { vi } from "vitest";
import { type Client, openClient, type Run } from "../../../lib/client/index.ts";
import { deployStack, startExecution, type Target, waitForExecution } from "./deploy.ts";

/** A flow's file, as `flows-app.ts` deploys it: on Batch its name ends in `OnBatch`. */
export interface DeployedFlow {
  readonly file: string;
  readonly compute?: "batch";
}

/** Flows that are deployed to one environment. */
export class Flows {
  readonly client: Client;
  readonly table: string;
  readonly #target: Target;
  readonly #machines: ReadonlyMap<string, string>;

  constructor(target: Target, client: Client, table: string, machines: ReadonlyMap<string, string>) {
    this.#target = target;
    this.client = client;
    this.table = table;
    this.#machines = machines;
  }

  /** Starts a run as the console does, without a name; the run's id is the execution's. */
  async start(flow: string, input: unknown = {}): Promise<string> {
    const machine = this.#machines.get(flow);
    if (machine === undefined) throw new Error(`${flow} is not deployed`);
    return await startExecution(this.#target, machine, input);
  }

  /** Starts a run and waits for its end on record: EventBridge tells of a failure a little later than the execution. */
  async run(flow: string, input?: unknown): Promise<{ execution: DescribeExecutionCommandOutput; run: Run }> {
    return await this.end(flow, await this.start(flow, input));
  }

  /** The run of an execution, as it is on record now. */
  async runOf(flow: string, executionArn: string): Promise<Run> {
    return await this.client.flow(flow).run(String(executionArn.split(":").at(-1)));
  }

  /** Waits for the end of an execution, and for it to be on record. */
  async end(flow: string, executionArn: string): Promise<{ execution: DescribeExecutionCommandOutput; run: Run }> {
    const execution = await waitForExecution(this.#target, executionArn);
    for (;;) {
      const run = await this.runOf(flow, executionArn);
      if (run.status !== "running") return { execution, run };
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

/** Deploys flows, each as a stack of its own, with one `cdk deploy`. */
export async function deployFlows(target: Target, flows: readonly DeployedFlow[]): Promise<Flows> {
  const outputs = await deployStack(target, {
    app: "test/aws/support/flows-app.ts",
    concurrency: 8,
    env: { FLOWS: JSON.stringify(flows) },
  });
  const machines = Object.entries(outputs).flatMap(([stack, { StateMachineArn }]) =>
    StateMachineArn === undefined ? [] : [[stack, StateMachineArn] as const],
  );
  const { Table: table = "", Bucket: bucket = "" } = outputs.Flows ?? {};
  for (const [name, value] of Object.entries(target.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, value);
  return new Flows(target, await openClient({ table, bucket }), table, new Map(machines));
}
