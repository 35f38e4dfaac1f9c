"""What the records' stores raise on purpose; the codes are those of the TypeScript side."""

from __future__ import annotations

import json

from ..errors import MillraceError


class RunUnknownError(MillraceError):
    """A write was about a run that is not on record."""

    def __init__(self, flow: str, run: str) -> None:
        super().__init__("RUN_UNKNOWN", f"There is no run {flow}/{run}.", "Begin the run before its tasks, end or tags are recorded.")


class AttemptUnknownError(MillraceError):
    """An attempt was ended that had not been started."""

    def __init__(self, task: str, token: str) -> None:
        super().__init__(
            "ATTEMPT_UNKNOWN",
            f"No attempt {json.dumps(token)} of the {task} was started.",
            "Start the attempt, with the same token, before it is committed or failed.",
        )


class RecordCorruptError(MillraceError):
    """A record was found that this version of Millrace did not write."""

    def __init__(self, record: str, part: str, value: object) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        super().__init__(
            "RECORD_CORRUPT",
            f"The {part} of {record} cannot be read: {text[:60]!r}.",
            "The record was damaged or written by another program: restore it from a backup, or delete the run.",
        )


class MetadataStoreError(MillraceError):
    """What keeps a store as a whole from being used."""
