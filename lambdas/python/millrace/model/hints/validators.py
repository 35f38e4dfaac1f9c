"""pydantic's models, which have schemas and checks of their own."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..errors import Issue
    from .schema import Hints, Read


def taken(hint: Any, hints: Hints) -> tuple[dict[str, Any], Read | None] | None:
    """Of a pydantic model; ``None`` of anything else."""
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(hint, type) or not issubclass(hint, pydantic.BaseModel):
        return None
    if not hasattr(hint, "model_json_schema"):  # pydantic 1
        schema = hint.schema(ref_template="#/$defs/{model}")
        hints.define(schema.pop("definitions", {}))
        return schema, hint.parse_obj
    schema = hint.model_json_schema()
    hints.define(schema.pop("$defs", {}))
    return schema, hint.model_validate


def issues(error: Exception) -> list[Issue] | None:
    """What pydantic found, with paths; ``None`` of any other error."""
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(error, pydantic.ValidationError):
        return None
    return [{"path": "".join(map(_part, found["loc"])), "message": found["msg"]} for found in error.errors()]


def _part(key: object) -> str:
    return f"[{key}]" if isinstance(key, int) else f".{key}"
