"""What several tests use: the TypeScript side as a process, and contexts of steps."""

from __future__ import annotations

import atexit
import base64
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import threading

TESTS = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(TESTS)
ROOT = os.path.dirname(os.path.dirname(PACKAGE))


class TypeScript:
    """The program typescript.ts, started with the first request; it ends with the tests."""

    def __init__(self, env: dict[str, str] | None = None) -> None:
        path = os.path.join(ROOT, "node_modules", ".bin") + os.pathsep + os.environ["PATH"]
        self._process = subprocess.Popen(
            ["node", "--no-warnings", os.path.join(TESTS, "typescript.ts")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(env or {}), "PATH": path},
            text=True,
        )
        self._lock = threading.Lock()
        atexit.register(self.close)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def __call__(self, operation: str, **request: object):  # type: ignore[no-untyped-def]
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps({"operation": operation, **request}) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer.get("answer")


_typescript: TypeScript | None = None


def typescript(operation: str, **request: object):  # type: ignore[no-untyped-def]
    """Asks the TypeScript side; its failure is a failure of the test."""
    global _typescript
    _typescript = _typescript or TypeScript()
    return _typescript(operation, **request)


def text_of(content: bytes | bytearray | memoryview) -> str:
    return base64.b64encode(content).decode()


def flow_folder(**files: str) -> str:
    """A folder with Python files, each given by its name without the ending."""
    folder = tempfile.mkdtemp(prefix="flow-")
    for name, source in files.items():
        with open(os.path.join(folder, f"{name}.py"), "w", encoding="utf-8") as target:
            target.write(textwrap.dedent(source))
    return folder


def step_context(step: str, python: str = "", **changes: object) -> dict:  # type: ignore[type-arg]
    """A step's context as the TypeScript side writes it. ``definition``: what is different in the step's definition."""
    definition = {
        "body": {"kind": "python", "python": python or f"steps.py:{step}"},
        "transitions": [{"kind": "next", "steps": ["end"]}],
        "reads": "all",
        "writes": [],
    }
    definition.update(changes.pop("definition", {}))  # type: ignore[call-overload]
    return {
        "flow": "Train",
        "step": step,
        "definition": definition,
        "role": "plain",
        "exits": ["next"],
        "parameters": ["alpha"],
        "artifacts": ["x", "y", "items", "model"],
        **changes,
    }


def foreach_join(step: str, body: str) -> dict:  # type: ignore[type-arg]
    """Of the context of a foreach's join."""
    return {"kind": "foreach", "splitter": "start", "branches": [{"name": body, "leads": [{"step": body, "transition": 0}]}]}


def request(step: str, **changes: object) -> dict:  # type: ignore[type-arg]
    return {"run": "r1", "step": step, "path": "", "visit": 0, "attempt": 0, **changes}


def begin(**parameters: object) -> dict:  # type: ignore[type-arg]
    return {"parameters": {"alpha": 0.5, **parameters}, "tags": ["daily"]}


def run_python(*args: str, **options):  # type: ignore[no-untyped-def]
    """This Python with the package, as a process of its own."""
    env = {**os.environ, **options.pop("env", {}), "PYTHONPATH": PACKAGE}
    return subprocess.run([sys.executable, *args], env=env, capture_output=True, text=True, timeout=60, **options)


def deployment(id: str, status: str, run: str, **more: object) -> dict[str, object]:
    """A record as the TypeScript side writes it."""
    source = {"flow": "Train", "run": run, "step": "fit", "path": "", "visit": 0, "attempt": 0}
    models = {"model": {"artifact": "model", "hash": "ab" * 32, "type": "Object"}}
    return {
        "endpoint": "iris", "id": id, "status": status, "startedAt": "2026-11-23T18:00:00.000Z", "source": source, "service": "Iris",
        "code": "c0de", "models": models, "data": "s3://bucket/endpoints/iris/models/x.tar.gz", **more,
    }  # fmt: skip
