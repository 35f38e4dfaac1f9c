"""The process is kept for the next task: a step leaves it as it found it."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_DESCRIPTORS = {"stdout": 1, "stderr": 2}


@contextmanager
def lent_process() -> Iterator[None]:
    """What runs in the block may move to another folder, and replace or close the standard streams.

    A fork of the process that comes out of the block ends there: the attempt is its parent's.
    """
    process, folder = os.getpid(), _folder()
    streams = {name: getattr(sys, name) for name in _DESCRIPTORS}
    raised: BaseException | None = None
    try:
        yield
    except BaseException as error:
        raised = error
        raise
    finally:
        if os.getpid() != process:
            _end_fork(raised)
        for name, stream in streams.items():
            setattr(sys, name, _opened(name, stream))
        if folder is not None and _folder() != folder:
            os.chdir(folder)


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None


def _opened(name: str, stream):  # type: ignore[no-untyped-def]
    if stream is None or not stream.closed:
        return stream
    return open(_DESCRIPTORS[name], "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _end_fork(raised: BaseException | None) -> None:
    code = 0 if raised is None else 1
    if isinstance(raised, SystemExit):
        code = exit_code(raised)
    elif raised is not None:
        import traceback

        traceback.print_exception(type(raised), raised, raised.__traceback__)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(code)


def exit_code(error: SystemExit) -> int:
    """What the process would end with."""
    return 0 if error.code is None else error.code if isinstance(error.code, int) else 1
