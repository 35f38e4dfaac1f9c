"""A column's values from how Arrow lays them out. Numbers are views of the content."""

from __future__ import annotations

import numpy
import pandas

from .fields import UNITS, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .flatbuffers import Reader

    Array = numpy.ndarray[Any, Any]

_FLOATS = ("<f2", "<f4", "<f8")


class Values:
    """Values of a column, one for each row, and which of them are null."""

    __slots__ = ("values", "mask")

    def __init__(self, values: Array, mask: Array | None) -> None:
        self.values = values
        self.mask = mask

    @staticmethod
    def joined(parts: list[Values], field: Field) -> Values:
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return Values(numpy.zeros(0, _dtype_of(field) or object), None)
        masks = [numpy.zeros(len(part.values), bool) if part.mask is None else part.mask for part in parts]
        mask = numpy.concatenate(masks)
        return Values(numpy.concatenate([part.values for part in parts]), mask if mask.any() else None)


class BatchReader:
    """The columns of a record batch, in the order of the schema. Raises ValueError, StopIteration where the bytes are damaged."""

    def __init__(self, batch: Reader, body: memoryview, dictionaries: dict[int, Any]) -> None:
        """``dictionaries``: values in pandas, by the ids of dictionaries."""
        if batch.table(3) is not None:
            raise ValueError("it is compressed, which needs pyarrow")
        self._length = batch.scalar(0, "q")
        self._nodes = iter(batch.structs(1, "qq"))
        self._buffers = iter(batch.structs(2, "qq"))
        self._body = body
        self._dictionaries = dictionaries

    def read_column(self, field: Field) -> Values:
        values = self.read(field)
        if len(values.values) != self._length:
            raise ValueError(f"the column {field.name} has not as many values as the table has rows")
        return values

    def read(self, field: Field) -> Values:
        length, nulls = next(self._nodes)
        if field.type == "Null" and field.dictionary is None:
            return Values(numpy.full(length, None, object), None)
        mask = self._mask(length, nulls)
        dtype = _dtype_of(field)
        if dtype is not None:
            return Values(self._numbers(dtype, length), mask)
        if field.type == "Bool":
            bits = self._bits(length)
            return Values(numpy.zeros(length, bool) if bits is None else bits, mask)
        if field.type == "FixedSizeList":
            size = field.parameters[0]
            return self._lists(field, numpy.arange(0, (length + 1) * size, size) if size else numpy.zeros(length + 1, int), mask)
        offsets = self._numbers("<i8" if field.type.startswith("Large") else "<i4", length + 1 if length else 0)
        if field.type.endswith("List"):
            return self._lists(field, offsets, mask)
        return Values(_objects(_texts(field, offsets.tolist(), self._bytes()), mask), mask)

    def _lists(self, field: Field, offsets: Array, mask: Array | None) -> Values:
        child = field.children[0]
        items = numpy.asarray(to_pandas(child, self.read(child), "object", self._dictionaries))
        ends = offsets.tolist()
        return Values(_objects([items[start:end] for start, end in zip(ends, ends[1:])], mask), mask)

    def _bytes(self) -> memoryview:
        offset, length = next(self._buffers)
        if offset < 0 or length < 0 or offset + length > len(self._body):
            raise ValueError("a buffer lies outside of its batch")
        return self._body[offset : offset + length]

    def _numbers(self, dtype: str, length: int) -> Array:
        content = self._bytes()
        return numpy.frombuffer(content, dtype, length) if length else numpy.zeros(0, dtype)

    def _bits(self, length: int) -> Array | None:
        content = self._bytes()
        if not length or not content:
            return None
        if length > 8 * len(content):
            raise ValueError("a buffer is shorter than its column")
        return numpy.unpackbits(numpy.frombuffer(content, "u1"), count=length, bitorder="little").view(bool)

    def _mask(self, length: int, nulls: int) -> Array | None:
        """Which values are null. The bitmap, which says which are not, may be empty where none is."""
        valid = self._bits(length)
        return None if valid is None or not nulls else ~valid


def _dtype_of(field: Field) -> str | None:
    """Of values that have all the same size, as numpy has them."""
    if field.dictionary is not None:
        bits, signed = field.dictionary.index
        return f"<{'i' if signed else 'u'}{bits // 8}"
    kind, parameters = field.type, field.parameters
    if kind == "Int":
        return f"<{'i' if parameters[1] else 'u'}{parameters[0] // 8}"
    if kind == "FloatingPoint":
        return _FLOATS[parameters[0]]
    if kind == "Date":
        return "<i8" if parameters[0] else "<i4"
    if kind == "Timestamp":
        return f"<M8[{UNITS[parameters[0]]}]"
    return f"<m8[{UNITS[parameters[0]]}]" if kind == "Duration" else None


def _texts(field: Field, ends: list[int], content: memoryview) -> list[Any]:
    data = bytes(content)
    spans = list(zip(ends, ends[1:]))
    if not field.type.endswith("Utf8"):
        return [data[start:end] for start, end in spans]
    text = data.decode()
    if len(text) == len(data):
        return [text[start:end] for start, end in spans]
    return [data[start:end].decode() for start, end in spans]


def _objects(values: list[Any], mask: Array | None) -> Array:
    array = numpy.empty(len(values), object)
    # Each by itself: numpy would make arrays of the same length one of two dimensions.
    for index, value in enumerate(values):
        array[index] = value
    return _with_none(array, mask)


def to_pandas(field: Field, of: Values, dtype: str | None, dictionaries: dict[int, Any]) -> Any:
    """The values as pandas has them; ``dtype``: what the column was there, where that is known."""
    values, mask = of.values, of.mask
    if field.dictionary is not None:
        codes = values.astype("i8")
        if mask is not None:
            codes[mask] = -1
        # A file without rows may have no dictionaries.
        return pandas.Categorical.from_codes(codes, dictionaries.get(field.dictionary.id, []), ordered=field.dictionary.ordered)
    extension = _extension(dtype)
    if extension is not None and hasattr(extension, "numpy_dtype"):
        missing = numpy.zeros(len(values), bool) if mask is None else mask
        return extension.construct_array_type()(values.astype(extension.numpy_dtype), missing)
    if field.type in ("Utf8", "LargeUtf8"):
        if extension is not None:
            return pandas.array(values, dtype=extension)
        return values if dtype == "object" else pandas.Series(values.tolist(), dtype=None if len(values) else object).array
    if field.type == "Date":
        days = values.astype("M8[ms]").astype("M8[D]") if field.parameters[0] else values.astype("M8[D]")
        return _with_none(days.astype(object), mask)
    if field.type in ("Timestamp", "Duration"):
        if mask is not None:
            values = values.copy()
            values[mask] = "NaT"
        if field.type == "Timestamp" and field.parameters[1]:
            return pandas.Series(values).dt.tz_localize("UTC").dt.tz_convert(field.parameters[1]).array
        return values
    if mask is None or values.dtype == object:
        return values
    if field.type == "Bool":
        return _with_none(values.astype(object), mask)
    floats = values.astype(values.dtype if values.dtype.kind == "f" else "f8")
    floats[mask] = numpy.nan
    return floats


def _with_none(values: Array, mask: Array | None) -> Array:
    if mask is not None:
        values[mask] = None
    return values


def _extension(dtype: str | None) -> Any:
    try:
        found = None if dtype is None else pandas.api.types.pandas_dtype(dtype)
    except TypeError:  # of a package, or a version of pandas, that is not here
        return None
    return found if isinstance(found, pandas.api.extensions.ExtensionDtype) else None
