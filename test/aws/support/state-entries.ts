import { GetExecutionHistoryCommand, ListExecutionsCommand, ListMapRunsCommand } from "@aws-sdk/client-sfn";
import { stepFunctions, type Target } from "./deploy.ts";

/** How many states an execution and its children entered: what Step Functions charges. */
export async function stateEntries(target: Target, executionArn: string): Promise<number> {
  const client = stepFunctions(target);
  const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  const { mapRuns = [] } = await client.send(new ListMapRunsCommand({ executionArn }));
  const children = await Promise.all(
    mapRuns.map(({ mapRunArn }) => client.send(new ListExecutionsCommand({ mapRunArn }))),
  );
  const inChildren = await Promise.all(
    children
      .flatMap(({ executions = [] }) => executions)
      .map((child) => stateEntries(target, String(child.executionArn))),
  );
  const own = events.filter(({ type }) => type?.endsWith("StateEntered")).length;
  return inChildren.reduce((total, entries) => total + entries, own);
}
