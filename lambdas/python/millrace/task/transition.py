"""Which of a step's transitions its function chose."""

from __future__ import annotations

from .errors import UnknownTransitionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .protocol import Transition


def chosen_transition(step: str, transitions: list[Transition], returned: object) -> int:
    """An index; -1 for ``end``. A function names a step that it chooses; it needs not where there is one transition."""
    if not transitions and returned is None:
        return -1
    if len(transitions) == 1 and returned is None:
        return 0
    for index, transition in enumerate(transitions):
        if isinstance(returned, str) and returned in _targets(transition):
            return index
    raise UnknownTransitionError(step, returned, [target for transition in transitions for target in _targets(transition)])


def _targets(transition: Transition) -> list[str]:
    return [transition["body"]] if transition["kind"] == "foreach" else transition["steps"]
