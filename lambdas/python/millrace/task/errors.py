"""What can go wrong between a step and its task; the codes are those of the TypeScript side."""

from __future__ import annotations

from ..errors import MillraceError


class UnsetArtifactError(MillraceError, AttributeError):
    """A step read an artifact that has no value where the step stands."""

    def __init__(self, step: str, artifact: str, changed_by: list[str] | None = None) -> None:
        if not changed_by:
            why = "no step before it has set it"
            fix = f"Give it a first value, or set flow.{artifact} on every path that leads to {step}."
        else:
            one = len(changed_by) == 1
            why = (
                f"the iterations of {changed_by[0]} changed it, each for itself"
                if one
                else f"the branches {', '.join(changed_by)} changed it to different values"
            )
            fix = f"Set flow.{artifact} in the join, from its inputs."
        super().__init__("UNSET_ARTIFACT", f"The step {step} reads the artifact {artifact}, which is unset: {why}.", fix)


class UnsetInputError(MillraceError, AttributeError):
    """A join read an artifact of an input that has no value there."""

    def __init__(self, step: str, branch: str, artifact: str) -> None:
        super().__init__(
            "UNSET_ARTIFACT",
            f"The join {step} reads {artifact} of its input {branch}, where it is unset.",
            f"Set flow.{artifact} in the branch that begins with {branch}, or before it.",
        )


class UnknownArtifactError(MillraceError, AttributeError):
    """A step read an attribute that is none of the flow."""

    def __init__(self, step: str, name: str, known: list[str]) -> None:
        super().__init__("UNKNOWN_ARTIFACT", f"The step {step} reads flow.{name}, which the flow does not declare.", _suggestion(name, known))


class UndeclaredArtifactError(MillraceError, AttributeError):
    """A step set an attribute that is none of the flow, so that no other step could read it."""

    def __init__(self, step: str, name: str, known: list[str]) -> None:
        super().__init__("UNDECLARED_ARTIFACT", f"The step {step} sets flow.{name}, which the flow does not declare.", _suggestion(name, known))


class ParameterWriteError(MillraceError, AttributeError):
    """A step wrote to a parameter."""

    def __init__(self, step: str, parameter: str) -> None:
        super().__init__(
            "PARAMETER_WRITE",
            f"The step {step} writes to the parameter {parameter}; parameters keep the value that the run was started with.",
            "Put the new value into an artifact.",
        )


class ReadOnlyError(MillraceError, AttributeError):
    """A step wrote to what the task gives it to read."""

    def __init__(self, step: str, name: str) -> None:
        super().__init__("READ_ONLY", f"The step {step} sets {name}, which is only to read.", "Set an artifact of the flow instead.")


class NoItemError(MillraceError, AttributeError):
    """A step outside of any foreach asked for its item."""

    def __init__(self, step: str, name: str) -> None:
        super().__init__(
            "NO_ITEM",
            f"The step {step} reads flow.{name}, which only the steps inside of a foreach have.",
            "Read it in the foreach's body or a step after it, before the join.",
        )


class UnknownTransitionError(MillraceError):
    """A step's function chose a step that none of its transitions leads to."""

    def __init__(self, step: str, returned: object, targets: list[str]) -> None:
        has = f"its transitions lead to {', '.join(targets)}" if targets else "it has no transition"
        fix = "Return the name of one of these steps." if len(targets) > 1 else "Return nothing."
        super().__init__("UNKNOWN_TRANSITION", f"The function of the step {step} returned {returned!r:.200}; {has}.", fix)


class ForeachItemsError(MillraceError):
    """A foreach whose artifact holds no items."""

    def __init__(self, step: str, artifact: str | None, value: object) -> None:
        if artifact is None:
            problem = "goes over no artifact"
            fix = "Name the artifact that holds its items in the flow's definition."
        else:
            problem = f"goes over the artifact {artifact}, which holds a {type(value).__name__}"
            fix = f"Let {step} store a list or an array in it."
        super().__init__("FOREACH_ITEMS", f"The foreach after {step} {problem}.", fix)


class MissingInputsError(MillraceError):
    """A join was reached with fewer inputs than there are branches or iterations."""

    def __init__(self, step: str, found: int, expected: int) -> None:
        super().__init__(
            "MISSING_INPUTS",
            f"The join {step} has {found} inputs on record; {expected} lead to it.",
            "A task before it failed, or its record was removed: look at the tasks of the steps that lead to it.",
        )


class NoRunError(MillraceError):
    """A task was started for a run that is not on record."""

    def __init__(self, flow: str, run: str) -> None:
        super().__init__(
            "NO_RUN",
            f"There is no record of the run {flow}/{run}.",
            "Let the state machine begin the run; its first state records it.",
        )


class NoPredecessorError(MillraceError):
    """The task that came before has committed nothing."""

    def __init__(self, step: str, before: str) -> None:
        super().__init__(
            "NO_PREDECESSOR",
            f"The step {step} comes after the task {before}, which has committed nothing.",
            "Look at that task's record: it was removed, or the state machine does not belong to this version of the flow.",
        )


class StepCodeError(MillraceError):
    """The file or function of a step is not there."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__("STEP_CODE", message, fix)


def _suggestion(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"Add {name} to the flow's artifacts, or use a local variable."
