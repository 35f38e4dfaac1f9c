"""The types of columns, and how Arrow's metadata tells them.

https://github.com/apache/arrow/blob/main/format/Schema.fbs
"""

from __future__ import annotations

from .flatbuffers import Reader, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNITS = ("s", "ms", "us", "ns")

# By its number in the schema: the type's name, and its parameters as their formats and defaults.
_TYPES: dict[int, tuple[str, tuple[tuple[str, Any], ...]]] = {
    1: ("Null", ()),
    2: ("Int", (("i", 0), ("?", False))),
    3: ("FloatingPoint", (("h", 0),)),
    4: ("Binary", ()),
    5: ("Utf8", ()),
    6: ("Bool", ()),
    8: ("Date", (("h", 1),)),
    10: ("Timestamp", (("h", 0), ("text", None))),
    12: ("List", ()),
    16: ("FixedSizeList", (("i", 0),)),
    18: ("Duration", (("h", 1),)),
    19: ("LargeBinary", ()),
    20: ("LargeUtf8", ()),
    21: ("LargeList", ()),
}
_CODES = {name: code for code, (name, _) in _TYPES.items()}
# What there is besides, for errors.
_OTHERS = {7: "Decimal", 9: "Time", 11: "Interval", 13: "Struct", 14: "Union", 15: "FixedSizeBinary", 17: "Map"}
_OTHERS.update({22: "RunEndEncoded", 23: "BinaryView", 24: "Utf8View", 25: "ListView", 26: "LargeListView"})


class UnsupportedTable(ValueError):
    """A column has a type that is not known here."""


class Dictionary:
    """Of a column that has positions in a list of values: the list's id, and what the positions are."""

    __slots__ = ("id", "index", "ordered")

    def __init__(self, id: int, index: tuple[int, bool], ordered: bool) -> None:
        self.id = id
        self.index = index
        self.ordered = ordered


class Field:
    """A column's name and type; of a column with a dictionary, the type of the dictionary's values."""

    __slots__ = ("name", "type", "parameters", "children", "dictionary")

    def __init__(
        self,
        name: str,
        type: str,
        parameters: tuple[Any, ...] = (),
        children: tuple[Field, ...] = (),
        dictionary: Dictionary | None = None,
    ) -> None:
        self.name = name
        self.type = type
        self.parameters = parameters
        self.children = children
        self.dictionary = dictionary

    def table(self) -> Table:
        code = _CODES[self.type]
        parameters = zip(self.parameters, _TYPES[code][1])
        type = Table(*(value if format == "text" else (format, value) for value, (format, _) in parameters))
        children = [child.table() for child in self.children]
        return Table(self.name, ("?", True), ("B", code), type, self._encoding(), children)

    def _encoding(self) -> Table | None:
        if self.dictionary is None:
            return None
        bits, signed = self.dictionary.index
        return Table(("q", self.dictionary.id), Table(("i", bits), ("?", signed)), ("?", self.dictionary.ordered))

    @staticmethod
    def read(reader: Reader) -> Field:
        """Raises UnsupportedTable."""
        name, code = reader.text(0) or "", reader.scalar(2, "B")
        if code not in _TYPES:
            raise UnsupportedTable(f"the column {name} is of the type {_OTHERS.get(code, code)}, which needs pyarrow")
        type, formats = _TYPES[code]
        of = reader.table(3)
        parameters = tuple(
            default if of is None else of.text(slot) if format == "text" else of.scalar(slot, format, default)
            for slot, (format, default) in enumerate(formats)
        )
        return Field(name, type, parameters, tuple(Field.read(child) for child in reader.tables(5)), _dictionary(reader.table(4)))


def _dictionary(reader: Reader | None) -> Dictionary | None:
    if reader is None:
        return None
    index = reader.table(1)
    # Without a type of their own, positions are of 32 bits.
    kind = (32, True) if index is None else (index.scalar(0, "i"), bool(index.scalar(1, "?")))
    return Dictionary(reader.scalar(0, "q"), kind, bool(reader.scalar(2, "?")))
