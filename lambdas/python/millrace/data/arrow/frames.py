"""What pandas wants to know of a frame beyond its columns: the index, and the types that Arrow does not have.

As pyarrow writes it: https://pandas.pydata.org/docs/development/developer.html
"""

from __future__ import annotations

import json

import pandas

from .fields import UnsupportedTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .fields import Field

_TEXTS = ("Utf8", "LargeUtf8")


def columns_of(frame: pandas.DataFrame) -> list[tuple[str, pandas.Series]]:  # type: ignore[type-arg]
    """The frame's columns and then those of its index, by their names in the table. Raises UnsupportedTable."""
    if frame.columns.nlevels > 1:
        raise UnsupportedTable("its columns have names of several levels")
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise UnsupportedTable(f"it has two columns with the name {twice}")
    named = [(str(name), frame[name]) for name in frame.columns]
    levels = range(0 if isinstance(frame.index, pandas.RangeIndex) else frame.index.nlevels)
    return named + [
        (_level_name(frame, level), pandas.Series(frame.index.get_level_values(level), index=frame.index)) for level in levels
    ]


def _level_name(frame: pandas.DataFrame, level: int) -> str:
    name = frame.index.names[level]
    return f"__index_level_{level}__" if name is None or name in frame.columns else str(name)


def metadata_of(frame: pandas.DataFrame, fields: list[Field]) -> str:
    names = [*frame.columns, *frame.index.names][: len(fields)]
    series = [column for _, column in columns_of(frame)]
    index: list[object] = [field.name for field in fields[len(frame.columns) :]]
    if isinstance(frame.index, pandas.RangeIndex):
        start, stop, step = frame.index.start, frame.index.stop, frame.index.step
        index = [{"kind": "range", "name": frame.index.name, "start": start, "stop": stop, "step": step}]
    labels = _label_type(frame.columns)
    return json.dumps(
        {
            "index_columns": index,
            "column_indexes": [{"name": frame.columns.name, "field_name": frame.columns.name, **labels}],
            "columns": [_described(name, field, of) for name, field, of in zip(names, fields, series)],
            "creator": {"library": "millrace", "version": "1"},
            "pandas_version": pandas.__version__,
        }
    )


def _label_type(labels: pandas.Index) -> dict[str, object]:  # type: ignore[type-arg]
    kind = labels.inferred_type
    if kind == "integer":
        return {"pandas_type": "int64", "numpy_type": "int64", "metadata": None}
    if kind in ("string", "empty"):
        return {"pandas_type": "unicode", "numpy_type": str(labels.dtype), "metadata": {"encoding": "UTF-8"}}
    raise UnsupportedTable(f"the names of its columns are of the type {kind}")


def _described(name: object, field: Field, series) -> dict[str, object]:  # type: ignore[no-untyped-def]
    dtype, more = series.dtype, None
    kind, stored = _kind(field), str(dtype)
    if isinstance(dtype, pandas.CategoricalDtype):
        kind, stored = "categorical", str(series.cat.codes.dtype)
        more = {"num_categories": len(dtype.categories), "ordered": bool(dtype.ordered)}
    elif isinstance(dtype, pandas.DatetimeTZDtype):
        kind, stored, more = "datetimetz", f"datetime64[{dtype.unit}]", {"timezone": str(dtype.tz)}
    known = None if name is None else str(name)
    return {"name": known, "field_name": field.name, "pandas_type": kind, "numpy_type": stored, "metadata": more}


def _kind(field: Field) -> str:
    if field.type == "Int":
        bits, signed = field.parameters
        return f"{'' if signed else 'u'}int{bits}"
    if field.type == "FloatingPoint":
        return ("float16", "float32", "float64")[field.parameters[0]]
    if field.type.endswith("List"):
        return f"list[{_kind(field.children[0])}]"
    names = {"Null": "empty", "Bool": "bool", "Date": "date", "Timestamp": "datetime", "Duration": "timedelta"}
    return names.get(field.type) or ("unicode" if field.type in _TEXTS else "bytes")


class FrameMetadata:
    """What a table says of the frame that it was."""

    def __init__(self, text: str | None) -> None:
        known: dict[str, Any] = json.loads(text) if text else {}
        self._index: list[Any] = known.get("index_columns", [])
        self._labels: dict[str, Any] = (known.get("column_indexes") or [{}])[0]
        self._columns: dict[str, dict[str, Any]] = {column["field_name"]: column for column in known.get("columns", [])}

    def dtype(self, name: str) -> str | None:
        """The column's in pandas, as text."""
        found = self._columns.get(name)
        return None if found is None else found.get("numpy_type")

    def frame(self, columns: dict[str, Any], length: int) -> pandas.DataFrame:
        levels = [name for name in self._index if isinstance(name, str)]
        data = {name: values for name, values in columns.items() if name not in levels}
        frame = pandas.DataFrame(data, index=self._index_of(levels, columns, length))
        frame.columns = self._names(list(data))
        return frame

    def _names(self, names: list[str]) -> pandas.Index:  # type: ignore[type-arg]
        numpy_type, name = self._labels.get("numpy_type"), self._labels.get("name")
        dtype = None if numpy_type in (None, "object") else numpy_type
        return pandas.Index([int(text) for text in names] if dtype == "int64" else names, dtype=dtype, name=name)

    def _index_of(self, levels: list[str], columns: dict[str, Any], length: int) -> Any:
        if len(levels) == 1:
            return pandas.Index(columns[levels[0]], name=self._level(levels[0]))
        if levels:
            return pandas.MultiIndex.from_arrays([columns[name] for name in levels], names=[self._level(name) for name in levels])
        span = self._index[0] if self._index else {"start": 0, "stop": length, "step": 1, "name": None}
        return pandas.RangeIndex(span["start"], span["stop"], span["step"], name=span["name"])

    def _level(self, name: str) -> object:
        return self._columns.get(name, {}).get("name")
