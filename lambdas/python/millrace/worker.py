"""The process that runs Python steps on this machine: ``python -m millrace.worker``, started by the local scheduler.

Messages are lines of JSON on file descriptor 3, a socket or a pair of pipes that are one: ``load`` and ``run`` in, ``loaded``, ``broken`` and
``outcome`` out. It is moved out of the way of steps that write to a descriptor that they do not have, and closed in what they fork. Standard output and standard error belong to the steps, and to the programs and libraries that they call. The process is kept
for the next task.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
from queue import SimpleQueue
from threading import Thread

from .data.folder import FolderBlobStore
from .task.attempt import run_attempt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict

    from .task.protocol import AttemptRequest, StepContext

    class WorkerFlow(TypedDict):
        """``folder``: the flow's, absolute. ``store``: the datastore's."""

        flow: str
        folder: str
        store: str
        contexts: dict[str, StepContext]


_GIVEN = 3
# Descriptors are given from the lowest on.
_CHANNEL = 200


def main() -> None:
    # Not inherited: what a step starts must not keep the channel open when this process is gone.
    os.dup2(_GIVEN, _CHANNEL, inheritable=False)
    os.close(_GIVEN)
    os.register_at_fork(after_in_child=lambda: os.close(_CHANNEL))
    # A step that crashes in native code says where.
    faulthandler.enable(all_threads=False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    messages: SimpleQueue[dict[str, Any]] = SimpleQueue()
    Thread(target=_receive, args=(messages,), daemon=True).start()
    flow: WorkerFlow | None = None
    while True:
        message = messages.get()
        if message["type"] == "load":
            flow = message["flow"]
            _send({"type": "loaded"})
        elif flow is not None:
            _run(flow, message["request"])


def _run(flow: WorkerFlow, request: AttemptRequest) -> None:
    outcome = run_attempt(flow["contexts"][request["step"]], request, flow["folder"], FolderBlobStore(flow["store"]))
    _flush()
    _send({"type": "outcome", "outcome": outcome})


def _receive(messages: SimpleQueue[dict[str, Any]]) -> None:
    """Also while a step runs: when the scheduler has gone without a word, what it started goes with it."""
    with open(_CHANNEL, "rb", closefd=False) as channel:
        for line in channel:
            messages.put(json.loads(line))
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _send(message: dict[str, object]) -> None:
    line = memoryview(json.dumps(message, separators=(",", ":")).encode() + b"\n")
    while line:
        line = line[os.write(_CHANNEL, line) :]


def _flush() -> None:
    """What the step wrote is on its way before the outcome is, also what C code keeps in a buffer of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # the step closed it
            pass
    import ctypes

    ctypes.CDLL(None).fflush(None)


if __name__ == "__main__":
    main()
