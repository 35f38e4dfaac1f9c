"""The process that runs steps on this machine, from the scheduler's side."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from .support import PACKAGE, begin, flow_folder, request, run_python, step_context

STEPS = """
    import ctypes, os, signal, subprocess, sys, time
    print("imported")

    def talk(flow):
        print("to stdout")
        print('{"type":"outcome"}')
        print("to stderr", file=sys.stderr)
        subprocess.run(["echo", "from a program"])
        ctypes.CDLL(None).puts(b"from C")
        os.write(1, "ünfinished".encode())

    def fail(flow):
        raise KeyError("x")

    def leave(flow):
        sys.exit(3)

    def vanish(flow):
        os._exit(4)

    def crash(flow):
        print("last words", flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)

    def wait(flow):
        subprocess.Popen(["sleep", "60"])
        time.sleep(60)

    def pid(flow):
        flow.x = os.getpid()
"""


class Worker(unittest.TestCase):
    def setUp(self) -> None:
        self.channel, inner = socket.socketpair()
        folder = flow_folder(steps=STEPS)
        # The scheduler gives the socket as file descriptor 3.
        start = f"exec 3<&{inner.fileno()} && exec {sys.executable} -m millrace.worker"
        self.process = subprocess.Popen(
            ["sh", "-c", start],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": PACKAGE},
            pass_fds=[inner.fileno()],
            start_new_session=True,
        )
        inner.close()
        self.lines = self.channel.makefile("r")
        names = ("talk", "fail", "leave", "vanish", "crash", "wait", "pid")
        contexts = {name: step_context(name) for name in names}
        self.send({"type": "load", "flow": {"flow": "Train", "folder": folder, "store": tempfile.mkdtemp(), "contexts": contexts}})
        self.assertEqual(json.loads(self.lines.readline()), {"type": "loaded"})

    def tearDown(self) -> None:
        self.lines.close()
        self.channel.close()
        self.process.communicate()

    def send(self, message: dict) -> None:  # type: ignore[type-arg]
        self.channel.sendall(json.dumps(message).encode() + b"\n")

    def run_step(self, step: str) -> dict | None:  # type: ignore[type-arg]
        """The outcome; None where the process ended instead."""
        self.send({"type": "run", "request": request(step, begin=begin())})
        line = self.lines.readline()
        return json.loads(line)["outcome"] if line else None

    def test_runs_one_task_after_the_other_in_the_same_process(self) -> None:
        pids = {(self.run_step("pid") or {})["commit"]["artifacts"]["x"]["inline"] for _ in range(3)}
        self.assertEqual(pids, {str(self.process.pid)})

    def test_a_failure_leaves_it_ready_for_the_next_task(self) -> None:
        outcome = self.run_step("fail") or {}
        self.assertEqual((outcome["failure"]["name"], outcome["failure"]["message"]), ("KeyError", "'x'"))
        self.assertEqual((self.run_step("pid") or {})["status"], "succeeded")

    def test_what_a_step_writes_never_meets_the_protocol(self) -> None:
        self.assertEqual((self.run_step("talk") or {})["status"], "succeeded")
        # All of it was written before the outcome came.
        assert self.process.stdout is not None and self.process.stderr is not None
        text = os.read(self.process.stdout.fileno(), 10_000).decode()
        parts = ["imported\n", "to stdout\n", '{"type":"outcome"}\n', "from a program\n", "from C\n", "ünfinished"]
        for part in parts:
            self.assertIn(part, text)
        self.assertEqual(len(text), len("".join(parts)))
        self.assertEqual(os.read(self.process.stderr.fileno(), 10_000), b"to stderr\n")

    def test_a_step_can_end_the_process(self) -> None:
        self.assertIsNone(self.run_step("leave"))
        self.assertEqual(self.process.wait(), 3)

    def test_without_cleaning_up_too(self) -> None:
        self.assertIsNone(self.run_step("vanish"))
        self.assertEqual(self.process.wait(), 4)

    def test_a_crash_is_seen_by_its_signal_and_keeps_what_was_written(self) -> None:
        self.assertIsNone(self.run_step("crash"))
        self.assertEqual(self.process.wait(), -signal.SIGSEGV)
        assert self.process.stdout is not None
        self.assertEqual(self.process.stdout.read().decode(), "imported\nlast words\n")

    def test_when_the_scheduler_is_gone_the_step_ends_with_all_that_it_started(self) -> None:
        self.send({"type": "run", "request": request("wait", begin=begin())})
        assert self.process.stdout is not None
        self.assertEqual(self.process.stdout.readline(), b"imported\n")
        self.channel.shutdown(socket.SHUT_RDWR)
        self.assertEqual(self.process.wait(), -signal.SIGKILL)
        # Nobody holds the pipe any more, so it ends.
        self.assertEqual(self.process.stdout.read(), b"")


class Imports(unittest.TestCase):
    def test_nothing_heavy_is_imported_before_it_is_needed(self) -> None:
        heavy = ("asyncio", "http", "ssl", "sqlite3", "socket", "numpy", "pandas", "pyarrow", "ctypes", "traceback", "email", "inspect")
        for module in ("millrace", "millrace.worker"):
            code = f"import sys; before = set(sys.modules); import {module}; print(*[name for name in {heavy} if name in set(sys.modules) - before])"
            self.assertEqual(run_python("-S", "-c", code).stdout, "\n", module)


if __name__ == "__main__":
    unittest.main()
