"""Documents in records, as JSON text."""

from __future__ import annotations

import json

from .errors import RecordCorruptError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def task_name(run: str, step: str, path: str) -> str:
    """What a task is called in errors."""
    return f"task {run}/{step} at {path}" if path else f"task {run}/{step}"


def parse_record(record: str, part: str, text: object) -> Any:
    """Raises RecordCorruptError."""
    try:
        return json.loads(str(text))
    except ValueError as error:
        raise RecordCorruptError(record, part, text) from error


def to_text(document: object) -> str:
    """As ``JSON.stringify`` writes it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
