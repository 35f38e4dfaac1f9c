"""A frame's columns as Arrow lays them out: https://arrow.apache.org/docs/format/Columnar.html

Numbers are written from where they are. As pyarrow has it, ``nan`` is null.
"""

from __future__ import annotations

import datetime
from itertools import chain

import numpy
import pandas

from .fields import UNITS, Dictionary, Field, UnsupportedTable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Union

    Buffer = Union[bytes, "numpy.ndarray[Any, Any]"]

_PRECISIONS = {2: 0, 4: 1, 8: 2}
_LARGEST = 2**31 - 1


class Column:
    """What is written of a column. Its buffers are those that its type has, the bitmap of what is not null first."""

    __slots__ = ("field", "length", "nulls", "buffers", "children", "values")

    def __init__(
        self,
        field: Field,
        length: int,
        nulls: int = 0,
        buffers: Sequence[Buffer] = (),
        children: Sequence[Column] = (),
        values: Column | None = None,
    ) -> None:
        """``values``: those of its dictionary."""
        self.field = field
        self.length = length
        self.nulls = nulls
        self.buffers = buffers
        self.children = children
        self.values = values


class ColumnWriter:
    """Gives each dictionary an id of its own."""

    def __init__(self) -> None:
        self._dictionaries = 0

    def write(self, name: str, series: pandas.Series) -> Column:  # type: ignore[type-arg]
        """Raises UnsupportedTable."""
        dtype = series.dtype
        if isinstance(dtype, pandas.CategoricalDtype):
            return self._categories(name, series)
        if isinstance(dtype, pandas.DatetimeTZDtype):
            return _plain(name, series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(), str(dtype.tz))
        if isinstance(dtype, numpy.dtype) and dtype.kind in "biufmM":
            return _plain(name, series.to_numpy())
        if pandas.api.types.is_extension_array_dtype(dtype) and hasattr(dtype, "numpy_dtype"):
            mask = series.isna().to_numpy()
            return _plain(name, series.to_numpy(dtype=dtype.numpy_dtype, na_value=0), mask=mask)
        if dtype == object or isinstance(dtype, pandas.StringDtype):
            return self._objects(name, series)
        raise UnsupportedTable(f"the column {name} is of the type {dtype}")

    def _categories(self, name: str, series) -> Column:  # type: ignore[no-untyped-def]
        id = self._dictionaries
        self._dictionaries += 1
        values = self.write(name, pandas.Series(series.cat.categories))
        codes = _plain(name, series.cat.codes.to_numpy(), mask=(series.cat.codes < 0).to_numpy())
        dictionary = Dictionary(id, codes.field.parameters, bool(series.cat.ordered))  # type: ignore[arg-type]
        field = Field(name, values.field.type, values.field.parameters, values.field.children, dictionary)
        return Column(field, codes.length, codes.nulls, codes.buffers, values=values)

    def _objects(self, name: str, series) -> Column:  # type: ignore[no-untyped-def]
        mask = series.isna().to_numpy(dtype=bool)
        objects = series.to_numpy(dtype=object)
        values = objects[~mask].tolist()
        kind = str if isinstance(series.dtype, pandas.StringDtype) else _kind_of(name, values)
        if kind is None:
            return Column(Field(name, "Null"), len(mask), len(mask))
        if kind is str or kind is bytes:
            texts = [value.encode() for value in values] if kind is str else values
            buffers, large = _variable(mask, [len(text) for text in texts], b"".join(texts))
            type = ("Large" if large else "") + ("Utf8" if kind is str else "Binary")
            return Column(Field(name, type), len(mask), int(mask.sum()), buffers)
        if kind is list:
            return self._lists(name, mask, values)
        if kind is datetime.datetime:
            return self.write(name, pandas.to_datetime(series))
        dense = numpy.zeros(len(mask), {bool: "?", int: "i8", float: "f8", datetime.date: "M8[D]"}[kind])
        try:
            dense[~mask] = values
        except OverflowError as error:
            raise UnsupportedTable(f"the column {name} has an int of more than 64 bits") from error
        return _plain(name, dense, mask=mask)

    def _lists(self, name: str, mask, values: list[Any]) -> Column:  # type: ignore[no-untyped-def]
        lengths = [len(value) for value in values]
        arrays = values and all(isinstance(value, numpy.ndarray) for value in values)
        items = self.write("item", pandas.Series(numpy.concatenate(values) if arrays else list(chain.from_iterable(values))))
        buffers, large = _variable(mask, lengths, b"")
        field = Field(name, "LargeList" if large else "List", children=(items.field,))
        return Column(field, len(mask), int(mask.sum()), buffers[:2], [items])


def _plain(name: str, values, zone: str | None = None, mask=None) -> Column:  # type: ignore[no-untyped-def]
    """A column whose values have all the same size."""
    values = numpy.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    kind, size = values.dtype.kind, values.dtype.itemsize
    if mask is None:
        mask = numpy.isnan(values) if kind == "f" else numpy.isnat(values) if kind in "mM" else None
    nulls = 0 if mask is None else int(numpy.count_nonzero(mask))
    bitmap = _bits(~mask) if nulls else b""
    if kind in "mM":
        unit = numpy.datetime_data(values.dtype)[0]
        if unit not in (*UNITS, "D"):
            raise UnsupportedTable(f"the column {name} is of the type {values.dtype}")
        values = values.view("<i8")
        if unit == "D":
            return Column(Field(name, "Date", (0,)), len(values), nulls, [bitmap, values.astype("<i4")])
        field = Field(name, "Timestamp", (UNITS.index(unit), zone)) if kind == "M" else Field(name, "Duration", (UNITS.index(unit),))
    elif kind == "b":
        return Column(Field(name, "Bool"), len(values), nulls, [bitmap, _bits(values)])
    elif kind == "f":
        if size not in _PRECISIONS:
            raise UnsupportedTable(f"the column {name} is of the type {values.dtype}")
        field = Field(name, "FloatingPoint", (_PRECISIONS[size],))
    else:
        field = Field(name, "Int", (8 * size, kind == "i"))
    return Column(field, len(values), nulls, [bitmap, values])


def _variable(mask, lengths: list[int], content: bytes) -> tuple[list[Buffer], bool]:  # type: ignore[no-untyped-def]
    """The buffers of a column whose values have lengths of their own, and whether its offsets need 64 bits."""
    total = sum(lengths)
    large = total > _LARGEST
    dense = numpy.zeros(len(mask), "i8")
    dense[~mask] = lengths
    offsets = numpy.concatenate([[0], numpy.cumsum(dense)]).astype("<i8" if large else "<i4")
    return [_bits(~mask) if mask.any() else b"", offsets, content], large


def _bits(values) -> Buffer:  # type: ignore[no-untyped-def]
    return numpy.packbits(values, bitorder="little")


def _kind_of(name: str, values: list[Any]) -> type | None:
    """The one type that all of a column's objects have. Raises UnsupportedTable."""
    kinds = {_plain_kind(type(value)) for value in values}
    if kinds == {int, float}:
        return float
    if len(kinds) > 1 or None in kinds:
        names = sorted({type(value).__name__ for value in values})
        raise UnsupportedTable(f"the column {name} has values of the type{'s' if len(names) > 1 else ''} {', '.join(names)}")
    return kinds.pop() if kinds else None


def _plain_kind(kind: type) -> type | None:
    for known, kinds in _KINDS.items():
        if issubclass(kind, kinds):
            return known
    return None


# A bool is an int, and a datetime a date: the narrower one first.
_KINDS: dict[type, tuple[type, ...]] = {
    str: (str,),
    bytes: (bytes,),
    bool: (bool, numpy.bool_),
    int: (int, numpy.integer),
    float: (float, numpy.floating),
    datetime.datetime: (datetime.datetime,),
    datetime.date: (datetime.date,),
    list: (list, tuple, numpy.ndarray),
}
