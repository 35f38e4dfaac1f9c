"""What a hint can say beyond its type, in ``Annotated``. Those of annotated_types and pydantic are understood too."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NUMBER = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum", "multiple_of": "multipleOf"}
_LENGTH = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}


@dataclass(frozen=True)
class Field:
    """Bounds of a number, or of the length of text, a list or a dict: ``Annotated[float, Field(ge=0, le=1)]``."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    description: str | None = None


class Shape:
    """The shape of an array: ``Annotated[np.ndarray, Shape(None, 4)]`` has rows of four numbers."""

    def __init__(self, *sizes: int | None) -> None:
        self.sizes = sizes


class Columns:
    """The columns of a table by name, with their types: ``Annotated[pd.DataFrame, Columns(width=float, kind=str)]``."""

    def __init__(self, **columns: Any) -> None:
        self.columns = columns


def constrain(schema: dict[str, Any], constraint: object) -> None:
    """Adds to a schema what a part of ``Annotated`` says, whose attributes have the names of annotated_types."""
    for part in getattr(constraint, "metadata", ()):  # pydantic's Field
        constrain(schema, part)
    for name, keyword in _NUMBER.items():
        _set(schema, keyword, getattr(constraint, name, None))
    least, most = _LENGTH.get(str(schema.get("type")), (None, None))
    if least is not None and most is not None:
        _set(schema, least, getattr(constraint, "min_length", None) or None)
        _set(schema, most, getattr(constraint, "max_length", None))
    _set(schema, "pattern", getattr(constraint, "pattern", None))
    _set(schema, "description", getattr(constraint, "description", None))


def _set(schema: dict[str, Any], keyword: str, value: object) -> None:
    if isinstance(value, (int, float, str)):
        schema[keyword] = value
