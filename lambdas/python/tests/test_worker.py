"""The process that runs steps on this machine, from the scheduler's side."""

from __future__ import annotations

import json
import os
import re
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

    def fork(flow):
        flow.x = "parent" if fork_and_wait() else "child"

    def fork_and_raise(flow):
        flow.x = "parent"
        if not fork_and_wait(): raise KeyError("in the child")

    def fork_and_exit(flow):
        flow.x = "parent"
        if not fork_and_wait(): sys.exit(3)

    def fork_and_wait():
        child = os.fork()
        if child: os.waitpid(child, 0)
        return child

    def redirect(flow):
        sys.stdout = open(os.devnull, "w")

    def close(flow):
        sys.stdout.close()

    def move(flow):
        os.chdir("/")

    def look(flow):
        print("seen")
        flow.x = os.getcwd()

    def stray(flow):
        os.write(3, b"garbage\\n")

    def surrogate(flow):
        print("a\\ud800")
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
        names = re.findall(r"def (\w+)\(flow\)", STEPS)
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

    def test_a_step_that_exits_fails_and_leaves_the_process_to_the_next_task(self) -> None:
        outcome = self.run_step("leave") or {}
        message = "The step asked for the end of its process with exit code 3. Return or raise instead of calling sys.exit()."
        self.assertEqual((outcome["failure"]["name"], outcome["failure"]["message"]), ("TASK_DIED", message))
        self.assertIn("sys.exit(3)", outcome["failure"]["stack"])
        self.assertEqual((self.run_step("pid") or {})["status"], "succeeded")

    def test_a_step_can_end_the_process_without_cleaning_up(self) -> None:
        self.assertIsNone(self.run_step("vanish"))
        self.assertEqual(self.process.wait(), 4)

    def test_a_crash_is_seen_by_its_signal_and_keeps_what_was_written(self) -> None:
        self.assertIsNone(self.run_step("crash"))
        self.assertEqual(self.process.wait(), -signal.SIGSEGV)
        assert self.process.stdout is not None
        self.assertEqual(self.process.stdout.read().decode(), "imported\nlast words\n")

    def test_and_says_in_which_line_of_python(self) -> None:
        self.assertIsNone(self.run_step("crash"))
        assert self.process.stderr is not None
        self.assertRegex(self.process.stderr.read().decode(), r'Fatal Python error: Segmentation fault\n\n.*\n  File ".*steps.py", line \d+ in crash')

    def test_a_fork_that_comes_out_of_its_step_ends_there(self) -> None:
        for step in ("fork", "fork_and_raise", "fork_and_exit"):
            outcome = self.run_step(step) or {}
            self.assertEqual(outcome["commit"]["artifacts"]["x"]["inline"], '"parent"', step)
        # The next message is the next task's.
        self.assertEqual((self.run_step("pid") or {})["commit"]["artifacts"]["x"]["inline"], str(self.process.pid))

    def test_the_next_task_finds_the_folder_and_the_streams_as_they_were(self) -> None:
        for step in ("redirect", "close", "move"):
            self.assertEqual((self.run_step(step) or {})["status"], "succeeded", step)
        self.assertEqual((self.run_step("look") or {})["commit"]["artifacts"]["x"]["inline"], json.dumps(os.getcwd()))
        assert self.process.stdout is not None
        self.assertEqual(os.read(self.process.stdout.fileno(), 10_000).decode(), "imported\nseen\n")

    def test_a_step_that_writes_to_descriptors_it_does_not_have_gets_an_error_of_its_own(self) -> None:
        self.assertEqual((self.run_step("stray") or {})["failure"]["message"], "[Errno 9] Bad file descriptor")

    def test_text_that_is_no_unicode_is_written_with_escapes(self) -> None:
        self.assertEqual((self.run_step("surrogate") or {})["status"], "succeeded")
        assert self.process.stdout is not None
        self.assertEqual(os.read(self.process.stdout.fileno(), 10_000).decode(), "imported\na\\ud800\n")

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
