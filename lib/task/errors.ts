import { MillraceError } from "../errors.ts";

/** A step read an artifact that has no value where the step stands. */
export class UnsetArtifactError extends MillraceError {
  constructor(step: string, artifact: string, changedBy: readonly string[] = []) {
    const why =
      changedBy.length === 0
        ? "no step before it has set it"
        : changedBy.length === 1
          ? `the iterations of ${changedBy[0]} changed it, each for itself`
          : `the branches ${changedBy.join(", ")} changed it to different values`;
    super("UNSET_ARTIFACT", `The step ${step} reads the artifact ${artifact}, which is unset: ${why}.`, {
      fix:
        changedBy.length === 0
          ? `Give its field a first value, or set this.${artifact} on every path that leads to ${step}.`
          : `Set this.${artifact} in the join, from its inputs.`,
    });
  }
}

/** A step wrote to a parameter. */
export class ParameterWriteError extends MillraceError {
  constructor(step: string, parameter: string) {
    super(
      "PARAMETER_WRITE",
      `The step ${step} writes to the parameter ${parameter}; parameters keep the value that the run was started with.`,
      {
        fix: "Put the new value into an artifact: declare a field without readonly.",
      },
    );
  }
}

/** A step left a property that is no field of the flow, so that no other step could read it. */
export class UndeclaredArtifactError extends MillraceError {
  constructor(step: string, property: string) {
    super("UNDECLARED_ARTIFACT", `The step ${step} sets this.${property}, which is no field of the flow.`, {
      fix: `Declare it in the class (${property} = …, or ${property} = artifact() where it has no first value), or make it a local variable.`,
    });
  }
}

/** A step went where its definition has no transition to. */
export class UnknownTransitionError extends MillraceError {
  constructor(step: string, taken: string, known: readonly string[]) {
    super(
      "UNKNOWN_TRANSITION",
      `The step ${step} goes ${taken}; its source has ${known.length === 0 ? "no transition" : known.join("; ")}.`,
      {
        fix: "Write each transition in the body of the step itself, where the graph is read from.",
      },
    );
  }
}

/** A join was reached with fewer inputs than there are branches or iterations. */
export class MissingInputsError extends MillraceError {
  constructor(step: string, found: number, expected: number) {
    super("MISSING_INPUTS", `The join ${step} has ${found} inputs on record; ${expected} lead to it.`, {
      fix: "A task before it failed, or its record was removed: look at the tasks of the steps that lead to it.",
    });
  }
}

/** A join read an artifact of an input that has no value there. */
export class UnsetInputError extends MillraceError {
  constructor(step: string, branch: string, artifact: string) {
    super("UNSET_ARTIFACT", `The join ${step} reads ${artifact} of its input ${branch}, where it is unset.`, {
      fix: `Set this.${artifact} in the branch that begins with ${branch}, or before it.`,
    });
  }
}

/** A foreach whose definition names an artifact that holds no items. */
export class ForeachItemsError extends MillraceError {
  constructor(step: string, artifact: string) {
    super(
      "FOREACH_ITEMS",
      `The foreach after ${step} goes over the artifact ${JSON.stringify(artifact)}, which is no array.`,
      {
        fix: `Let ${step} store an array or a typed array in it.`,
      },
    );
  }
}

/** A foreach over more items than it declares. */
export class ForeachMaxError extends MillraceError {
  constructor(step: string, count: number, max: number) {
    super("FOREACH_MAX", `The foreach after ${step} goes over ${count} items; its max is ${max}.`, {
      fix: "Raise max in the options of this.foreach(), or hand it fewer items.",
    });
  }
}

/** A task was started for a run that is not on record. */
export class NoRunError extends MillraceError {
  constructor(flow: string, run: string) {
    super("NO_RUN", `There is no record of the run ${flow}/${run}.`, {
      fix: "Let the state machine begin the run; its first state records it.",
    });
  }
}

/** The task that came before has committed nothing. */
export class NoPredecessorError extends MillraceError {
  constructor(step: string, from: string) {
    super("NO_PREDECESSOR", `The step ${step} comes after the task ${from}, which has committed nothing.`, {
      fix: "Look at that task's record: it was removed, or the state machine does not belong to this version of the flow.",
    });
  }
}

/** An attempt took longer than its step's `timeout`. */
export class TaskTimeoutError extends MillraceError {
  constructor(step: string, seconds: number) {
    super(
      "TIMEOUT",
      `The step ${step} took longer than its time-out of ${seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds} s`} and was stopped.`,
      {
        fix: "Raise `timeout` in the step's options, or let the step do less.",
      },
    );
  }
}
