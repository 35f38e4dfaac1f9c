import { bootstrap, deployStack, startExecution, waitForExecution } from "../../test/aws/support/deploy.ts";
import { Requests, startEmulator } from "../../test/aws/support/emulator.ts";
import { stateEntries } from "../../test/aws/support/state-entries.ts";
import { type Figure, figure } from "./figure.ts";

/** Of the flow Linear, which is the shape of its name. */
const steps = 3;
const iterations = 7;

/** What a run costs, on emulated AWS. */
export async function protocol(): Promise<readonly Figure[]> {
  const emulator = await startEmulator();
  try {
    await bootstrap(emulator);
    const flows = ["test/conformance/flows/linear.ts", "test/aws/fixtures/squares.ts"].map((file) => ({ file }));
    const outputs = await deployStack(emulator, {
      app: "test/aws/support/flows-app.ts",
      env: { FLOWS: JSON.stringify(flows) },
    });
    const run = async (flow: string, input: unknown = {}) => {
      const execution = await startExecution(emulator, outputs[flow]?.StateMachineArn ?? "", input);
      await waitForExecution(emulator, execution);
      return await stateEntries(emulator, execution);
    };
    const foreach = await run("Squares", { n: iterations });
    const requests = new Requests(emulator.endpoint);
    await requests.clear();
    const linear = await run("Linear");
    const made = (await requests.list()).filter(({ caller }) => caller.startsWith("lambda/Linear-FlowStepsmiddle"));
    const writes = made.filter(({ service, operation }) => service === "dynamodb" && !/^(Get|Query)/.test(operation));
    return [
      figure("state entries of a linear flow of 3 steps", linear, "states", steps + 1),
      figure("state entries of a foreach of 7", foreach, "states", iterations + 5),
      figure("S3 requests of a small task", made.filter(({ service }) => service === "s3").length, "requests", 0),
      figure("DynamoDB writes of a small task", writes.length, "requests", 2),
    ];
  } finally {
    await emulator.stop();
  }
}
