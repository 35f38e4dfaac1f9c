"""The process that runs a service: ``python -m millrace.model.process``, started by the server.

Messages are lines of JSON on file descriptor 3, a socket; where one says ``"content": {"size": n}``, n bytes follow it. Standard output and
standard error belong to the service, and to the libraries that it calls.

====================================  ======================================================================
message                               is answered by
====================================  ======================================================================
``load`` a service from its file      ``loaded`` with its description, or ``broken``
``start`` it with models              ``started``, or ``broken``
``save`` its models to a folder       ``saved`` with what they are and what the service needs, or ``broken``
``call`` an API, by a number          ``result`` or ``failed`` of that number, in any order
``cancel`` a call                     nothing: its answer is not waited for
``stop``                              the end of the process, after its hooks
====================================  ======================================================================
"""

from __future__ import annotations

import json
import os
import signal
import sys
from queue import SimpleQueue
from threading import Lock, Thread

from .answers import Content
from .calls import Calls, Failed, failed, value_of
from .errors import ModelError
from .service import NotPackedError, models_of, with_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .service import ModelService

_CHANNEL = 3
_sending = Lock()


def main() -> None:
    # What the service starts must not keep the channel open when this process is gone.
    os.set_inheritable(_CHANNEL, False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    # The server ends it: a signal to the whole group of the terminal is the server's to act on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Process().run()


class Process:
    def __init__(self) -> None:
        self._messages: SimpleQueue[tuple[dict[str, Any], bytes]] = SimpleQueue()
        self._service: ModelService | None = None
        self._calls: Calls | None = None
        self._folder = ""

    def run(self) -> None:
        Thread(target=self._receive, name="channel", daemon=True).start()
        steps: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"load": self._load, "start": self._start, "save": self._save}
        while True:
            message, content = self._messages.get()
            kind = message["type"]
            if kind == "call" and self._calls is not None:
                self._calls.run(message["id"], message["api"], value_of(message, content))
            elif kind == "stop":
                self._stop()
            elif kind in steps:
                try:
                    _send(steps[kind](message))
                except BaseException as error:
                    _send({"type": "broken", "error": failed(_explained(error)).error})

    def _load(self, message: dict[str, Any]) -> dict[str, Any]:
        from .description import describe
        from .loading import load_service, own_files

        self._folder = message["folder"]
        if message.get("requirements"):
            from .requirements import check

            check(message["requirements"])
        self._service = load_service(self._folder, message["file"], message.get("service"))
        return {"type": "loaded", "description": describe(self._service), "files": own_files(self._folder)}

    def _start(self, message: dict[str, Any]) -> dict[str, Any]:
        service = self._loaded
        self._pack(message["models"])
        missing = self._missing()
        if missing:
            raise NotPackedError(type(service).__name__, ", ".join(missing))
        calls = Calls(service, _answer)
        for _, part in with_parts(service):
            calls.complete(part.on_startup)
        self._calls = calls
        return {"type": "started"}

    def _save(self, message: dict[str, Any]) -> dict[str, Any]:
        from .loading import own_files
        from .requirements import pinned
        from .saving import write_models

        models: list[dict[str, str]] = []
        contents: list[tuple[str, bytes]] = []
        # Without any: of the code alone.
        if "models" in message:
            self._pack(message["models"])
            missing = self._missing()
            if missing:
                raise NotPackedError(type(self._loaded).__name__, ", ".join(missing))
            models = write_models(self._loaded, message["target"], message["models"])
            contents = [(model["codec"], _content(model["file"])) for model in [*models, *message["models"].values()]]
        files = own_files(self._folder)
        version = ".".join(map(str, sys.version_info[:2]))
        return {"type": "saved", "models": models, "requirements": pinned(self._folder, files, contents), "python": version}

    def _stop(self) -> None:
        code = 0
        if self._calls is not None and self._service is not None:
            for _, part in reversed(list(with_parts(self._service))):
                try:
                    self._calls.complete(part.on_shutdown)
                except Exception as error:
                    print(failed(error).error["traceback"], file=sys.stderr)
                    code = 1
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)

    def _pack(self, models: dict[str, dict[str, str]]) -> None:
        """Gives the service its models, by path; what was packed in the file gives way."""
        from ..data.codecs import decode

        owners = {path: (owner, field) for path, owner, field in models_of(self._loaded)}
        for path, model in models.items():
            if path not in owners:
                raise ModelError("MODEL_NAME", f'{type(self._loaded).__name__} has no model "{path}".', f"It has {', '.join(owners)}.")
            owner, field = owners[path]
            try:
                owner.pack(field, decode(model["codec"], _content(model["file"])))
            except Exception as error:
                raise ModelError("MODEL", f"The model {path} cannot be read: {error}", getattr(error, "fix", None)) from error

    def _missing(self) -> list[str]:
        from .description import is_packed

        return [path for path, owner, field in models_of(self._loaded) if not is_packed(owner, field)]

    @property
    def _loaded(self) -> ModelService:
        if self._service is None:
            raise RuntimeError("no service was loaded")
        return self._service

    def _receive(self) -> None:
        """Also while a method runs: when the server has gone without a word, what it started goes with it."""
        try:
            with open(_CHANNEL, "rb", closefd=False) as channel:
                for line in channel:
                    message = json.loads(line)
                    head = message.get("content")
                    self._arrived(message, channel.read(head["size"]) if head is not None else b"")
        finally:
            if os.getpgrp() == os.getpid():
                os.killpg(os.getpid(), signal.SIGKILL)
            os._exit(1)

    def _arrived(self, message: dict[str, Any], content: bytes) -> None:
        calls = self._calls
        if calls is not None and message["type"] == "cancel":
            calls.cancel(message["id"])
            return
        if calls is not None and message["type"] == "call":
            calls.announce(message["id"])
        self._messages.put((message, content))


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _explained(error: BaseException) -> BaseException:
    """A package that is missing is the environment's fault: the fix says how to get it."""
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        return error
    root = error.name.partition(".")[0]
    fix = (
        f"Install the package that has it ({sys.executable} -m pip install …), add it to the service's requirements, "
        "or name a Python that has it by MILLRACE_PYTHON."
    )
    explained = ModelError("PYTHON_PACKAGE", f"The service needs the module {root}, which {sys.executable} does not have.", fix)
    return explained.with_traceback(error.__traceback__)


def _answer(call: int, answer: str | Content | Failed) -> None:
    if isinstance(answer, str):
        _write(f'{{"type":"result","id":{call},"output":{answer}}}\n'.encode())
    elif isinstance(answer, Content):
        head = {"type": "result", "id": call, "content": {"name": answer.name, "type": answer.type, "size": len(answer.content)}}
        _write(json.dumps(head).encode() + b"\n", answer.content)
    else:
        _send({"type": "failed", "id": call, "kind": answer.kind, "error": answer.error})


def _send(message: dict[str, Any]) -> None:
    _write(json.dumps(message, separators=(",", ":")).encode() + b"\n")


def _write(*parts: bytes | bytearray | memoryview) -> None:
    with _sending:
        for part in parts:
            left = memoryview(part)
            while left:
                left = left[os.write(_CHANNEL, left) :]


if __name__ == "__main__":
    main()
