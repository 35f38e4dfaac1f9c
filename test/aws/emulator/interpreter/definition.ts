/** The part of the States Language that is interpreted: JSONata machines. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export interface Retrier {
  readonly ErrorEquals: string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: "FULL" | "NONE";
}

export interface Catcher {
  readonly ErrorEquals: string[];
  readonly Next: string;
  readonly Output?: Json;
  readonly Assign?: JsonObject;
}

export interface ChoiceRule {
  readonly Condition: Json;
  readonly Next: string;
  readonly Output?: Json;
  readonly Assign?: JsonObject;
}

interface Common {
  readonly Next?: string;
  readonly End?: boolean;
  readonly Output?: Json;
  readonly Assign?: JsonObject;
}

interface Fallible extends Common {
  readonly Retry?: Retrier[];
  readonly Catch?: Catcher[];
}

export interface TaskState extends Fallible {
  readonly Type: "Task";
  readonly Resource: string;
  readonly Arguments?: Json;
  readonly TimeoutSeconds?: Json;
}

export interface MapState extends Fallible {
  readonly Type: "Map";
  readonly Items?: Json;
  readonly ItemReader?: {
    readonly Resource: string;
    readonly Arguments: JsonObject;
    readonly ReaderConfig?: { readonly InputType?: string; readonly MaxItems?: Json };
  };
  readonly ItemSelector?: Json;
  readonly ItemBatcher?: {
    readonly MaxItemsPerBatch?: Json;
    readonly MaxInputBytesPerBatch?: Json;
    readonly BatchInput?: Json;
  };
  readonly ItemProcessor: Machine & { readonly ProcessorConfig?: { readonly Mode?: "INLINE" | "DISTRIBUTED" } };
  readonly MaxConcurrency?: Json;
  readonly ToleratedFailureCount?: Json;
  readonly ToleratedFailurePercentage?: Json;
  readonly Label?: string;
}

export interface ParallelState extends Fallible {
  readonly Type: "Parallel";
  readonly Branches: Machine[];
  readonly Arguments?: Json;
}

export interface ChoiceState {
  readonly Type: "Choice";
  readonly Choices: ChoiceRule[];
  readonly Default?: string;
  readonly Output?: Json;
  readonly Assign?: JsonObject;
}

export interface WaitState extends Common {
  readonly Type: "Wait";
  readonly Seconds?: Json;
  readonly Timestamp?: Json;
}

export interface PassState extends Common {
  readonly Type: "Pass";
}

export interface SucceedState {
  readonly Type: "Succeed";
  readonly Output?: Json;
}

export interface FailState {
  readonly Type: "Fail";
  readonly Error?: Json;
  readonly Cause?: Json;
}

export type FallibleState = TaskState | MapState | ParallelState;
export type State = FallibleState | ChoiceState | WaitState | PassState | SucceedState | FailState;

/** A machine, a branch of a Parallel, or the processor of a Map. */
export interface Machine {
  readonly StartAt: string;
  readonly States: { readonly [name: string]: State };
  readonly QueryLanguage?: string;
  readonly TimeoutSeconds?: number;
}

const TYPES = ["Task", "Map", "Parallel", "Choice", "Wait", "Pass", "Succeed", "Fail"];
const MAX_DEFINITION_BYTES = 1024 * 1024;
const MAX_NAME_LENGTH = 80;

/** What CreateStateMachine refuses, as messages; empty for a sound definition. */
export function findProblems(definition: string): string[] {
  if (Buffer.byteLength(definition) > MAX_DEFINITION_BYTES) return ["the definition is larger than 1 MB"];
  let machine: Machine;
  try {
    machine = JSON.parse(definition);
  } catch (error) {
    return [`the definition is no JSON: ${error}`];
  }
  if (machine.QueryLanguage !== "JSONata")
    return [`QueryLanguage is ${machine.QueryLanguage}; only JSONata is emulated`];
  const names = new Set<string>();
  return problemsOf(machine, "", names);
}

function problemsOf(machine: Machine, path: string, names: Set<string>): string[] {
  const problems: string[] = [];
  const states = machine.States ?? {};
  const target = (name: string | undefined, from: string) => {
    if (name !== undefined && !Object.hasOwn(states, name)) problems.push(`${from}: there is no state '${name}' here`);
  };
  target(machine.StartAt ?? "", `${path}/StartAt`);
  for (const [name, state] of Object.entries(states)) {
    const at = `${path}/States/${name}`;
    if (names.has(name)) problems.push(`${at}: the name is used twice in the machine`);
    names.add(name);
    if (name.length > MAX_NAME_LENGTH) problems.push(`${at}: the name is longer than ${MAX_NAME_LENGTH} characters`);
    if (!TYPES.includes(state.Type)) problems.push(`${at}: the type '${state.Type}' is unknown`);
    problems.push(...transitionsOf(state, at, target), ...nestedOf(state, at, names));
  }
  return problems;
}

function transitionsOf(state: State, at: string, target: (name: string | undefined, from: string) => void): string[] {
  if (state.Type === "Choice") {
    for (const rule of state.Choices) target(rule.Next, at);
    target(state.Default, at);
    return [];
  }
  if (state.Type === "Succeed" || state.Type === "Fail") return [];
  target(state.Next, at);
  if ("Catch" in state) for (const catcher of state.Catch ?? []) target(catcher.Next, at);
  return (state.Next === undefined) === (state.End !== true) ? [`${at}: either Next or End: true is required`] : [];
}

function nestedOf(state: State, at: string, names: Set<string>): string[] {
  if (state.Type === "Parallel")
    return state.Branches.flatMap((branch, index) => problemsOf(branch, `${at}/Branches/${index}`, names));
  if (state.Type === "Map") return problemsOf(state.ItemProcessor, `${at}/ItemProcessor`, names);
  return [];
}
