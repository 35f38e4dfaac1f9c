"""Artifacts: values as references, which hold the value itself where it is small."""

from __future__ import annotations

import base64
import hashlib

from .codecs import decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..metadata.records import ArtifactRef, Manifest
    from .codecs import Encoded
    from .content import BlobStore

_INLINE_LIMIT = 4 * 1024
_INLINE_TOTAL = 32 * 1024


class InlineBudget:
    """How much of a task's record its small values may fill: 4 KB each, 32 KB together."""

    def __init__(self, carried: Manifest | None = None, total: int = _INLINE_TOTAL) -> None:
        """``carried``: the artifacts that the task passes on as they came; their inline values fill the record too."""
        self._left = total - sum(len(ref.get("inline", "")) for ref in (carried or {}).values())

    def take(self, size: int) -> bool:
        """Whether a value of so many bytes may travel in the record; takes the room if so."""
        if size > _INLINE_LIMIT or size > self._left:
            return False
        self._left -= size
        return True


def store_artifact(value: object, at: str, blobs: BlobStore, budget: InlineBudget) -> ArtifactRef:
    """Writes an artifact: into the reference itself where it is small, into the blob store otherwise.

    ``at`` is what the value is called in errors: ``flow.model``. Raises EncodeError, StoreError.
    """
    return store_encoded(encode(value, at), blobs, budget)


def store_encoded(encoded: Encoded, blobs: BlobStore, budget: InlineBudget) -> ArtifactRef:
    """As store_artifact, for a value that is already encoded."""
    return inline_ref(encoded, budget) or put_ref(encoded, blobs)


def inline_ref(encoded: Encoded, budget: InlineBudget) -> ArtifactRef | None:
    """The reference that holds the value itself, where it may."""
    codec, kind, content = encoded
    size = len(content)
    if size > _INLINE_LIMIT:
        return None
    inline = bytes(content).decode() if codec == "json" else base64.b64encode(content).decode("ascii")
    if not budget.take(size if codec == "json" else len(inline)):
        return None
    return {"hash": hashlib.sha256(content).hexdigest(), "size": size, "codec": codec, "type": kind, "inline": inline}


def put_ref(encoded: Encoded, blobs: BlobStore) -> ArtifactRef:
    """Writes the value into the blob store."""
    codec, kind, content = encoded
    blob = blobs.put(content)
    ref: ArtifactRef = {"hash": blob["hash"], "size": blob["size"], "codec": codec, "type": kind}
    if "compression" in blob:
        ref["compression"] = blob["compression"]
    return ref


def load_artifact(ref: ArtifactRef, blobs: BlobStore) -> object:
    """Reads an artifact. Each call gives a fresh value. Raises BlobMissingError, BlobCorruptError, DecodeError, StoreError."""
    return decode(ref["codec"], load_bytes(ref, blobs))


def load_bytes(ref: ArtifactRef, blobs: BlobStore) -> bytes | bytearray:
    """The artifact as its codec wrote it."""
    inline = ref.get("inline")
    if inline is None:
        return blobs.get(ref)
    return inline.encode() if ref["codec"] == "json" else bytearray(base64.b64decode(inline))
