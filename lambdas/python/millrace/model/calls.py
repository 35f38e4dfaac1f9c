"""Calls of a service's methods: those that are ``async`` side by side, the others in turn or in threads."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import NamedTuple

from ..errors import MillraceError
from .answers import Content, answer_of
from .bodies import File
from .errors import RequestError
from .service import Context, apis_of
from .signature import Signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor
    from typing import Any, Union

    from .service import ModelService

    Answer = Callable[[int, Union[str, Content, "Failed"]], None]


class Failed(NamedTuple):
    """``kind``: ``request`` where the client is told, ``error`` where the log is."""

    kind: str
    error: dict[str, Any]


class Calls:
    """``answer`` is told what came of each call, in any order and from any thread."""

    def __init__(self, service: ModelService, answer: Answer) -> None:
        kind = type(service)
        self._methods = {name: (Signature(kind, name), getattr(service, name)) for name in apis_of(kind)}
        self._answer = answer
        self._running: dict[int, tuple[Context, asyncio.Task[Any] | None]] = {}
        self._threads: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        if kind.threads > 1:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(kind.threads, "call")

    def announce(self, call: int) -> None:
        """A call has arrived; it may be cancelled from now on."""
        self._running[call] = (Context(), None)

    def run(self, call: int, api: str, value: object) -> None:
        """Calls a method: to its end, unless it is ``async`` or there are threads."""
        signature, method = self._methods[api]
        if signature.is_async:
            import asyncio

            asyncio.run_coroutine_threadsafe(self._run_async(call, signature, method, value), self._event_loop())
        elif self._threads is not None:
            self._threads.submit(self._run, call, signature, method, value)
        else:
            self._run(call, signature, method, value)

    def cancel(self, call: int) -> None:
        """Nobody waits for the answer any more."""
        context, task = self._running.get(call, (None, None))
        if context is not None:
            context.cancelled = True
        if task is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(task.cancel)

    def complete(self, hook: Callable[[], Any]) -> None:
        """Runs a hook to its end, on the loop where it is ``async``."""
        import inspect

        result = hook()
        if inspect.isawaitable(result):
            import asyncio

            asyncio.run_coroutine_threadsafe(_awaited(result), self._event_loop()).result()

    def _run(self, call: int, signature: Signature, method: Callable[..., Any], value: object) -> None:
        context, _ = self._running[call]
        # A call that waited for its turn in vain is left out.
        if not context.cancelled:
            try:
                self._answer(call, answer_of(signature, method(**signature.arguments(value, context))))
            except BaseException as error:
                self._answer(call, failed(error))
        self._running.pop(call, None)

    async def _run_async(self, call: int, signature: Signature, method: Callable[..., Any], value: object) -> None:
        import asyncio

        context, _ = self._running[call]
        self._running[call] = (context, asyncio.current_task())
        try:
            if not context.cancelled:
                self._answer(call, answer_of(signature, await method(**signature.arguments(value, context))))
        except BaseException as error:
            self._answer(call, failed(error))
        finally:
            self._running.pop(call, None)

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            import asyncio
            from threading import Thread

            self._loop = asyncio.new_event_loop()
            Thread(target=self._loop.run_forever, name="loop", daemon=True).start()
        return self._loop


def failed(error: BaseException) -> Failed:
    """What is told of an exception."""
    told: dict[str, Any] = {"message": str(error)}
    if isinstance(error, MillraceError):
        told["code"] = error.code
        if error.fix is not None:
            told["fix"] = error.fix
    if isinstance(error, RequestError):
        told["status"] = error.status
        if error.issues:
            told["issues"] = error.issues
        if error.retry_after is not None:
            told["retryAfter"] = error.retry_after
        return Failed("request", told)
    return Failed("error", {**told, "name": type(error).__name__, "traceback": _traceback(error)})


async def _awaited(value: Any) -> Any:
    return await value


def _traceback(error: BaseException) -> str:
    """Without the frames of this package that lead to the service's code."""
    import os

    package = os.path.dirname(os.path.abspath(__file__)) + os.sep
    exception = traceback.TracebackException.from_exception(error)
    while exception.stack and exception.stack[0].filename.startswith(package):
        exception.stack.pop(0)
    return "".join(exception.format()).rstrip()


def value_of(message: dict[str, Any], content: bytes) -> object:
    """A call's input: JSON's value, or a file."""
    head = message.get("content")
    return message.get("input") if head is None else File(content, head["name"], head["type"])
