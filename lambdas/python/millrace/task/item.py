"""The item of the iteration that a task is in."""

from __future__ import annotations

from ..data.artifacts import load_artifact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..data.content import BlobStore
    from ..metadata.records import ArtifactRef, Foreach, Item, TaskCommit


def enter_iteration(commit: TaskCommit, index: int) -> TaskCommit:
    """What a foreach's splitter left, as an iteration sees it: without the frames of all items, but with its own item."""
    none: Foreach = {"count": 0, "frames": []}
    foreach = commit.get("foreach", none)
    entered: TaskCommit = {**commit}
    entered.pop("foreach", None)
    first = 0
    for frame in foreach["frames"]:
        if index < first + frame["items"]:
            entered["item"] = {"index": index, "count": foreach["count"], "frame": frame["ref"], "position": index - first}
            return entered
        first += frame["items"]
    raise IndexError(f"The foreach has {foreach['count']} items; there is no item {index}.")


class _Frame:
    """Hands out each item once, since a task may change what it is given."""

    def __init__(self, ref: ArtifactRef, blobs: BlobStore) -> None:
        self.hash = ref["hash"]
        self._items: list[Any] = list(load_artifact(ref, blobs))  # type: ignore[call-overload]
        self._taken: set[int] = set()

    def has(self, ref: ArtifactRef, position: int) -> bool:
        return self.hash == ref["hash"] and position not in self._taken

    def take(self, position: int) -> object:
        self._taken.add(position)
        item = self._items[position]
        # A number of an array is an ordinary number, as it is in TypeScript.
        return item.item() if type(item).__module__ == "numpy" and not getattr(item, "shape", True) else item


# The frame that was read last: its other items are likely to be asked for next.
_last_frame: _Frame | None = None


def load_item(item: Item, blobs: BlobStore) -> object:
    """Raises BlobMissingError, BlobCorruptError, DecodeError, StoreError."""
    global _last_frame
    if _last_frame is None or not _last_frame.has(item["frame"], item["position"]):
        _last_frame = _Frame(item["frame"], blobs)
    return _last_frame.take(item["position"])
