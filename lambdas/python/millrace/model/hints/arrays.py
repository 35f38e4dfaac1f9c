"""Arrays and tables: numpy's, pandas'. Neither is imported before a hint names it."""

from __future__ import annotations

import sys
import typing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .constraints import Columns, Shape
    from .schema import Hints, Read

_KINDS = {"b": "boolean", "i": "integer", "u": "integer", "f": "number"}


def taken(hint: Any, hints: Hints) -> tuple[dict[str, Any], Read | None] | None:
    """Of ``np.ndarray``, ``NDArray[np.float64]``, a numpy scalar, ``pd.DataFrame`` and ``pd.Series``; ``None`` of anything else."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    kind = typing.get_origin(hint) or hint
    if numpy is not None and kind is numpy.ndarray:
        return {"type": "array"}, _array(_dtype(hint))
    if numpy is not None and isinstance(kind, type) and issubclass(kind, numpy.generic):
        return {"type": _KINDS.get(numpy.dtype(kind).kind, "string")}, kind
    if pandas is not None and kind is pandas.DataFrame:
        return {"type": "array", "items": {"type": "object"}}, pandas.DataFrame
    if pandas is not None and kind is pandas.Series:
        return {"type": "array"}, pandas.Series
    return None


def is_table(hint: Any) -> bool:
    """Whether values of the hint are tables, which travel in Arrow's formats too."""
    pandas = sys.modules.get("pandas")
    kind = typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Annotated else hint
    return pandas is not None and kind is pandas.DataFrame


def shaped(hint: Any, shape: Shape, hints: Hints) -> tuple[dict[str, Any], Read | None]:
    """An array whose shape is known."""
    dtype = _dtype(hint)
    schema: dict[str, Any] = {"type": "number" if dtype is None else _KINDS.get(dtype.kind, "number")}
    for size in reversed(shape.sizes):
        schema = {"type": "array", "items": schema}
        if size is not None:
            schema |= {"minItems": size, "maxItems": size}
    return schema, _array(dtype)


def table(columns: Columns, hints: Hints) -> tuple[dict[str, Any], Read | None]:
    """A DataFrame whose columns are known."""
    import pandas

    names = list(columns.columns)
    row = hints.object(columns.columns, ())
    return {"type": "array", "items": row.schema}, lambda rows: pandas.DataFrame(rows, columns=names)


def _dtype(hint: Any) -> Any:
    """``float64`` of ``NDArray[np.float64]``, which is ``ndarray[…, dtype[float64]]``."""
    for argument in typing.get_args(hint)[1:]:
        for kind in typing.get_args(argument):
            if isinstance(kind, type):
                import numpy

                return numpy.dtype(kind)
    return None


def _array(dtype: Any) -> Read:
    import numpy

    def read(value: Any) -> Any:
        array = numpy.asarray(value, dtype)
        if dtype is None and array.dtype == object:
            raise ValueError("it is no array: its rows differ in length or type")
        return array

    return read
