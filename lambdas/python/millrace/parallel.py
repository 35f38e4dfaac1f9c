"""Work that waits for something else, in threads."""

from __future__ import annotations

from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    T = TypeVar("T")


def in_parallel(work: Callable[[T], object], items: Iterable[T], limit: int) -> None:
    """Calls ``work`` for every item, ``limit`` at a time. After a failure none begins any more; it is raised when the others have ended."""
    queue = list(items)
    if len(queue) <= 1 or limit <= 1:
        for item in queue:
            work(item)
        return
    from threading import Thread

    queue.reverse()
    failures: list[BaseException] = []

    def lane() -> None:
        while queue and not failures:
            try:
                item = queue.pop()
            except IndexError:  # another lane was faster
                return
            try:
                work(item)
            except BaseException as error:
                failures.append(error)

    lanes = [Thread(target=lane, daemon=True) for _ in range(min(limit, len(queue)))]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join()
    if failures:
        raise failures[0]


@contextmanager
def in_order(work: Callable[[T], object], background: bool) -> Iterator[Callable[[T], object]]:
    """A function that has ``work`` done for what it is called with, one after the other, in a thread beside; all is done at the end of the block."""
    if not background:
        yield work
        return
    from queue import SimpleQueue
    from threading import Thread

    queue: SimpleQueue[T | None] = SimpleQueue()

    def lane() -> None:
        while (item := queue.get()) is not None:
            work(item)

    thread = Thread(target=lane, daemon=True)
    thread.start()
    try:
        yield queue.put
    finally:
        queue.put(None)
        thread.join()
