"""Work that waits for something else, in threads."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
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
