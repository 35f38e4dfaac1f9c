"""What services raise; the codes are those of the TypeScript side."""

from __future__ import annotations

from ..errors import MillraceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypedDict

    class Issue(TypedDict):
        """``path``: from the input's top, as ``[0].width``; ``""`` is the input itself."""

        path: str
        message: str


class ModelError(MillraceError):
    """A service that is wrong, or lacks something."""


class RequestError(MillraceError):
    """Refuses a request: the client gets the status, the code and the words, and nothing of the service's internals.

    ``retry_after`` is in seconds.

        raise RequestError(422, "NOT_TODAY", "There is no classifying on Sundays.")
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fix: str | None = None,
        issues: Sequence[Issue] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code, message, fix)
        self.status = status
        self.issues = list(issues)
        self.retry_after = retry_after


def invalid_input(api: str, issues: Sequence[Issue]) -> RequestError:
    """The input is what the schema says, but not what the hint means, as a ragged array."""
    path, message = issues[0]["path"], issues[0]["message"]
    at = f"The input at {path}" if path else "The input"
    fix = "GET /openapi.json has the schema."
    return RequestError(400, "INVALID_INPUT", f"{at} is not what {api} takes: {message}.", fix=fix, issues=issues)
