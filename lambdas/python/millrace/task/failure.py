"""What is kept of an exception: its message, and of its traceback the user's code."""

from __future__ import annotations

import builtins
import os

from ..errors import MillraceError
from .process import exit_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..metadata.records import Failure, TaskKey

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Exceptions of one failure that are told of.
_MOST = 20
_STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__))


class TaskFailedError(Exception):
    """A task that did not succeed; to Lambda its type has the name of what the step raised."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure["message"])
        self.failure = failure


def to_failure(error: BaseException, task: TaskKey | None = None, attempt: int | None = None) -> Failure:
    """A Millrace error goes by its code, with its fix; any other by its class."""
    if isinstance(error, MillraceError):
        name, message = error.code, f"{error} {error.fix}" if error.fix else str(error)
    elif isinstance(error, SystemExit):
        said = f": {error.code}" if isinstance(error.code, str) else f" with exit code {exit_code(error)}"
        name, message = "TASK_DIED", f"The step asked for the end of its process{said}. Return or raise instead of calling sys.exit()."
    else:
        name, message = type(error).__name__, _message(error)
    failure: Failure = {"name": name, "message": message}
    stack = _stack(error)
    if stack:
        failure["stack"] = stack
    if task is not None:
        failure["task"] = {"step": task["step"], "path": task["path"], "visit": task["visit"]}
    if attempt is not None:
        failure["attempt"] = attempt
    return failure


def _message(error: BaseException) -> str:
    """With its notes. An exception may fail to say what it is."""
    try:
        message = str(error)
    except Exception as other:
        message = f"<its __str__ raises {type(other).__name__}>"
    return "\n".join((message, *(str(note) for note in getattr(error, "__notes__", ()))))


def _stack(error: BaseException, known: frozenset[int] = frozenset()) -> str:
    """With what an exception was made of: its cause, and the exceptions of a group."""
    known |= {id(error)}
    parts = [_frames(error)]
    # What a Millrace error was made of is said in its message.
    if not isinstance(error, MillraceError):
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        is_group = isinstance(error, getattr(builtins, "BaseExceptionGroup", ()))  # of Python 3.11 and later
        others = [("one of its exceptions:", member) for member in error.exceptions] if is_group else []  # type: ignore[attr-defined]
        if cause is not None:
            others.append(("caused by", cause))
        for what, other in others:
            if id(other) not in known and len(known) < _MOST:
                parts += [f"  {what} {type(other).__name__}: {_message(other)}", _stack(other, known)]
    return "\n".join(part for part in parts if part)


def _frames(error: BaseException) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_users(frame.filename)]
    for frame in own:
        frame.filename = _shown(frame.filename)
    lines = traceback.format_list(own)
    if isinstance(error, SyntaxError) and error.filename:
        error.filename = _shown(error.filename)
        lines += traceback.TracebackException(SyntaxError, error, None).format_exception_only()
        lines = [line for line in lines if not line.startswith("SyntaxError")]
    return "".join(lines).rstrip("\n")


def _is_users(file: str) -> bool:
    path = os.path.abspath(file)
    if file.startswith("<frozen") or "site-packages" in path or "dist-packages" in path:
        return False
    return not path.startswith((_PACKAGE + os.sep, _STANDARD_LIBRARY + os.sep))


def _shown(file: str) -> str:
    """Relative to the folder that the command runs in, where it is below it."""
    path = os.path.abspath(file)
    return os.path.relpath(path) if path.startswith(os.getcwd() + os.sep) else path
