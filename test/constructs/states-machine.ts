import jsonata from "jsonata";
import type { Choice, Machine, State, Task, Template } from "../../constructs/states/asl.ts";

/** Answers for a Task state, given its evaluated arguments. */
export type Service = (task: Task, input: unknown) => unknown;

const compiled = new Map<string, jsonata.Expression>();

/** A template as Step Functions evaluates it: an error where an expression gives nothing. */
export async function evaluate(template: Template, states: object): Promise<unknown> {
  if (Array.isArray(template)) return Promise.all(template.map((item) => evaluate(item, states)));
  if (typeof template === "object") {
    const entries = Object.entries(template).map(async ([name, value]) => [name, await evaluate(value, states)]);
    return Object.fromEntries(await Promise.all(entries));
  }
  const source = /^\{%(.*)%\}$/s.exec(String(template))?.[1];
  if (typeof template !== "string" || source === undefined) return template;
  const expression = compiled.get(source) ?? jsonata(source);
  compiled.set(source, expression);
  const value: unknown = await expression.evaluate(undefined, { states });
  if (value === undefined) throw new Error(`The expression gave nothing: ${source}`);
  return JSON.parse(JSON.stringify(value));
}

const Execution = {
  Id: "arn:aws:states:eu-west-1:123456789012:execution:Sample:nightly@2",
  Name: "nightly@2",
  StartTime: "2026-01-01T00:00:00.000Z",
  RedriveCount: 0,
};

/** Runs the machine, or a branch or iteration of it, as Step Functions does, without retries. */
export async function runMachine(machine: Machine, input: unknown, service: Service): Promise<unknown> {
  let [name, value]: [string | undefined, unknown] = [machine.StartAt, input];
  while (name !== undefined) {
    const state: State | undefined = machine.States[name];
    if (state === undefined) throw new Error(`There is no state ${name}.`);
    [name, value] = await runState(state, value, service);
  }
  return value;
}

async function runState(state: State, input: unknown, service: Service): Promise<[string | undefined, unknown]> {
  const context = { Execution, State: { RetryCount: 0 } };
  const states = { input, context };
  const leave = async (exit: { readonly Output?: Template; readonly Next?: string }, result: unknown) => {
    const output = exit.Output === undefined ? result : await evaluate(exit.Output, { ...states, result });
    return [exit.Next, output] as [string | undefined, unknown];
  };
  switch (state.Type) {
    case "Task":
      return leave(state, await service(state, await evaluate(state.Arguments, states)));
    case "Parallel": {
      const inside = state.Arguments === undefined ? input : await evaluate(state.Arguments, states);
      try {
        const results = [];
        for (const branch of state.Branches) results.push(await runMachine(branch, inside, service));
        return await leave(state, results);
      } catch (error) {
        const handler = state.Catch?.[0];
        if (handler === undefined) throw error;
        return [handler.Next, {}];
      }
    }
    case "Map": {
      const items = (await evaluate(state.Items, states)) as unknown[];
      const results: unknown[] = [];
      let failed = 0;
      for (const [Index, Value] of items.entries()) {
        const selected = { ...states, context: { ...context, Map: { Item: { Index, Value } } } };
        try {
          const item = await evaluate(state.ItemSelector, selected);
          results.push(await runMachine(state.ItemProcessor, item, service));
        } catch (error) {
          failed++;
          if (failed * 100 > (state.ToleratedFailurePercentage ?? 0) * items.length) throw error;
        }
      }
      return leave(state, results);
    }
    case "Choice": {
      const rule = await matching(state, states);
      return leave(rule, input);
    }
    case "Wait":
    case "Pass":
    case "Succeed":
      return leave(state, input);
  }
}

async function matching({ Choices }: Choice, states: object): Promise<Choice["Choices"][number]> {
  for (const rule of Choices) if ((await evaluate(rule.Condition, states)) === true) return rule;
  throw new Error("States.NoChoiceMatched");
}
