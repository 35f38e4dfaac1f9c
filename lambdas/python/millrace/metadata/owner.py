"""Whether a run that is on record as running still has somebody who runs it."""

from __future__ import annotations

import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .records import RunRecord


def with_liveness(run: RunRecord) -> RunRecord:
    """The run as it is: ``lost`` where it is on record as running and the process that ran it is gone.

    What another host runs can't be told from here.
    """
    owner = run["owner"]
    if run["status"] != "running" or owner["kind"] != "process" or owner["host"] != socket.gethostname():
        return run
    return run if _lives(int(owner["pid"]), str(owner["began"])) else {**run, "status": "lost"}


def _lives(pid: int, began: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # a process of another user
        pass
    found = _beginning(pid)
    return found is None or began == "" or found == began


def _beginning(pid: int) -> str | None:
    """When a process began: boot and clock ticks since then; ``""`` of one that ended and has not been waited for; None where the system
    does not tell."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as stat, open("/proc/sys/kernel/random/boot_id", encoding="latin-1") as boot:
            # The second field, the program's name in parentheses, may itself hold spaces and parentheses.
            fields = stat.read().rpartition(")")[2].split()
            return "" if fields[0] in "ZX" else f"{boot.read().strip()}/{fields[19]}"
    except OSError:
        return None
