"""Errors of codecs and blob stores; their codes are those of the TypeScript side."""

from __future__ import annotations

from ..errors import MillraceError


class StoreError(MillraceError):
    """A folder or bucket that cannot be read from or written to: missing, without permission, full."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__("STORE", message, fix)


class BlobMissingError(MillraceError):
    """The blob that a record points to is not in the store."""

    def __init__(self, location: str) -> None:
        super().__init__(
            "BLOB_MISSING",
            f"The artifact's content is not in the store: there is no {location}.",
            "Run the step again, or restore the file from a backup of the store.",
        )
        self.location = location


class BlobCorruptError(MillraceError):
    """The blob's content is not what was stored: its hash differs, or it does not decompress."""

    def __init__(self, location: str, expected: str) -> None:
        super().__init__(
            "BLOB_CORRUPT",
            f"{location} is damaged: its content does not have the SHA-256 {expected}.",
            "Delete it and run the step again, or restore it from a backup of the store.",
        )
        self.location = location


class EncodeError(MillraceError):
    """A value that cannot be an artifact. The message begins with its path, such as ``flow.model.layers[3].activate``."""

    def __init__(self, path: str, problem: str, fix: str) -> None:
        super().__init__("ENCODE", f"{path} {problem}.", fix)
        self.path = path


class DecodeError(MillraceError):
    """Stored bytes that their codec cannot read."""

    def __init__(self, codec: str, problem: str, fix: str | None = None) -> None:
        super().__init__("DECODE", f'An artifact of the codec "{codec}" cannot be read: {problem}.', fix)
