"""Child processes and scratch folders, none of which outlive the emulator."""
import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

SCRATCH = tempfile.mkdtemp(prefix="emulator-")
# Node takes a script without a package.json for what the nearest one above says, which might be anybody's.
with open(os.path.join(SCRATCH, "package.json"), "w", encoding="utf-8") as package:
    package.write("{}")
_children: set[subprocess.Popen] = set()


def start(command: list[str], **keywords) -> subprocess.Popen:
    """Starts a program in a process group of its own, so that what it starts dies with it."""
    child = subprocess.Popen(command, start_new_session=True, **keywords)
    _children.add(child)
    return child


def kill(child: subprocess.Popen) -> None:
    """Ends a program and all that it started, at once."""
    _children.discard(child)
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def folder(prefix: str) -> str:
    """A new scratch folder."""
    return tempfile.mkdtemp(prefix=prefix + "-", dir=SCRATCH)


@atexit.register
def _clean_up() -> None:
    for child in list(_children):
        kill(child)
    shutil.rmtree(SCRATCH, ignore_errors=True)


def _exit(*_) -> None:
    _clean_up()
    os._exit(0)


def stop_on_signals(with_parent: bool) -> None:
    """Cleans up on SIGTERM and SIGINT and, when asked, when the parent closes our standard input by ending."""
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, _exit)
    if with_parent:
        threading.Thread(target=lambda: (sys.stdin.read(), _exit()), daemon=True).start()
