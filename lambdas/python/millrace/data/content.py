"""Blobs: the address of bytes, and the form in which they are kept. The same decisions as the TypeScript side makes."""

from __future__ import annotations

import hashlib
import json
import re

from . import zstd
from .errors import BlobCorruptError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..metadata.records import ArtifactRef, Blob
    from typing import Protocol, Union

    Bytes = Union[bytes, bytearray, memoryview]

    class BlobStore(Protocol):
        """Content-addressed bytes: immutable, deduplicated, the same layout in a folder and in S3."""

        def put(self, content: Bytes) -> Blob:
            """Stores the bytes unless they are there already."""

        def get(self, blob: Blob | ArtifactRef) -> bytes | bytearray:
            """Raises BlobMissingError, BlobCorruptError."""


_SMALLEST = 512
_SAMPLE = 16 * 1024


def identify(content: Bytes) -> Blob:
    """The address of these bytes and whether they are compressed. The same bytes always get the same one."""
    blob: Blob = {"hash": hashlib.sha256(content).hexdigest(), "size": len(content)}
    if _compressible(content):
        blob["compression"] = "zstd"
    return blob


def path_of(blob: Blob | ArtifactRef) -> str:
    """The file or key of a blob below ``blobs/``: 256 folders, and a suffix that tools know."""
    digest = blob["hash"]
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise BlobCorruptError(f"The reference {json.dumps(digest)}", digest)
    suffix = ".zst" if blob.get("compression") == "zstd" else ""
    return f"{digest[:2]}/{digest[2:]}{suffix}"


def pack(blob: Blob, content: Bytes) -> Bytes:
    """The bytes as they are kept."""
    return zstd.compress(content) if blob.get("compression") == "zstd" else content


def unpack(blob: Blob | ArtifactRef, stored: bytes | bytearray, location: str, digest: str | None = None) -> bytes | bytearray:
    """The bytes as they were given to ``put``. ``digest``: the SHA-256 of ``stored`` in hex, where the caller has it. Raises BlobCorruptError."""
    content = stored
    if blob.get("compression") == "zstd":
        try:
            content, digest = zstd.decompress(stored, blob["size"]), None
        except ValueError as error:
            raise BlobCorruptError(location, blob["hash"]) from error
    if len(content) != blob["size"] or (digest or hashlib.sha256(content).hexdigest()) != blob["hash"]:
        raise BlobCorruptError(location, blob["hash"])
    return content


def _compressible(content: Bytes) -> bool:
    """Random numbers, images and archives don't shrink: samples of the beginning, the middle and the end tell without trying it all."""
    size = len(content)
    if size < _SMALLEST or not zstd.available():
        return False
    starts = [0] if size <= 3 * _SAMPLE else [0, size >> 1, size - _SAMPLE]
    view = memoryview(content)
    samples = [view[start : start + _SAMPLE] for start in starts]
    after = sum(len(zstd.compress(sample)) for sample in samples)
    return after < sum(len(sample) for sample in samples) * 0.9
