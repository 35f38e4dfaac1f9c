/** What we write of the Amazon States Language, in its JSONata form. */
export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type State = Task | Parallel | MapState | Choice | Wait | Pass | Succeed;

/** A string, or an object or array of them, in which `{% … %}` is evaluated. */
export type Template = string | number | boolean | readonly Template[] | { readonly [name: string]: Template };

/** Where a state goes, and what it hands over. */
export interface Exit {
  readonly Output?: Template;
  readonly Next?: string;
  readonly End?: true;
}

export interface Task extends Exit {
  readonly Type: "Task";
  readonly Resource: string;
  readonly Arguments: Template;
  readonly Retry?: readonly Retrier[];
  readonly TimeoutSeconds?: number;
  readonly Catch?: readonly Catcher[];
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Output?: Template;
  readonly Next: string;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: "FULL";
}

export interface Parallel extends Exit {
  readonly Type: "Parallel";
  readonly Arguments?: Template;
  readonly Branches: readonly Machine[];
  readonly Catch?: readonly Catcher[];
}

export interface MapState extends Exit {
  readonly Type: "Map";
  readonly Items: string;
  readonly ItemSelector: Template;
  readonly MaxConcurrency?: number;
  readonly ToleratedFailurePercentage?: number;
  readonly ItemProcessor: Machine & {
    readonly ProcessorConfig?: { readonly Mode: "DISTRIBUTED"; readonly ExecutionType: "STANDARD" };
  };
}

export interface Choice {
  readonly Type: "Choice";
  readonly Choices: readonly { readonly Condition: string; readonly Output?: Template; readonly Next: string }[];
  readonly Default?: string;
}

export interface Wait extends Exit {
  readonly Type: "Wait";
  readonly Seconds: number;
}

export interface Pass extends Exit {
  readonly Type: "Pass";
}

export interface Succeed {
  readonly Type: "Succeed";
  readonly Output?: Template;
}
