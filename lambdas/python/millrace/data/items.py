"""A foreach's items, in frames that a task reads its own from."""

from __future__ import annotations

import sys

from .artifacts import InlineBudget, store_encoded
from .codecs import json_codec, npy, pickles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..metadata.records import Frame
    from .codecs import Encoded
    from .content import BlobStore

_FRAME_ITEMS = 1000
_FRAME_BYTES = 256 * 1024


def as_items(value: object) -> Sequence[object] | None:
    """What a foreach can go over: a list, a tuple, a range or an array."""
    if isinstance(value, (list, tuple, range)):
        return value
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray) and value.ndim > 0:
        return value if value.ndim == 1 else list(value)
    return value if type(value).__module__ == "array" else None  # type: ignore[return-value]


def store_items(items: Sequence[object], at: str, blobs: BlobStore) -> list[Frame]:
    """Writes the items in frames of consecutive ones: at most 1,000 or 256 KB, whichever comes first.

    If all of them fit into one frame of 4 KB, it travels in the record. Raises EncodeError, StoreError.
    """
    frames: list[Frame] = []
    for count, encoded in _frames(items, at):
        budget = InlineBudget() if count == len(items) else InlineBudget(total=0)
        frames.append({"items": count, "ref": store_encoded(encoded, blobs, budget)})
    return frames


def _frames(items: Sequence[object], at: str) -> Iterator[tuple[int, Encoded]]:
    array = npy.as_array(items)
    if array is not None and len(array.shape) == 1 and array.dtype in npy.NAME_OF_DTYPE:
        for start in range(0, len(items), _FRAME_ITEMS):
            part = items[start : start + _FRAME_ITEMS]
            encoded = npy.encode(part, at)
            assert encoded is not None
            yield len(part), encoded
    else:
        yield from _list_frames(items, at)


def _list_frames(items: Sequence[object], at: str) -> Iterator[tuple[int, Encoded]]:
    """Each item is written by itself, so that only one frame is in memory as text at a time; objects are alone in theirs."""
    texts: list[bytes] = []
    length = 0
    for index, item in enumerate(items):
        text = json_codec.encode_text(item, f"{at}[{index}]")
        if texts and (text is None or len(texts) == _FRAME_ITEMS or length + len(text) > _FRAME_BYTES):
            yield _list_frame(texts)
            texts, length = [], 0
        if text is None:
            _, kind, content = pickles.encode([item], f"{at}[{index}]")
            yield 1, ("pickle", kind, content)
        else:
            texts.append(text)
            length += len(text) + 1
    if texts:
        yield _list_frame(texts)


def _list_frame(texts: list[bytes]) -> tuple[int, Encoded]:
    return len(texts), ("json", f"Array({len(texts)})", b"[" + b",".join(texts) + b"]")
