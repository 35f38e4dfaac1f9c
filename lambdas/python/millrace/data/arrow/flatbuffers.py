"""FlatBuffers, as far as Arrow's metadata needs them: https://flatbuffers.dev/internals/

A buffer is written from its front to its back, each table behind the one that refers to it.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Union

    Scalar = tuple[str, "int | bool"]
    Value = Union[Scalar, "Table", "Structs", "Sequence[Table]", str, None]


class Table:
    """A table to be written: the values of its fields in the order of the schema, a scalar as its ``struct`` format and value."""

    __slots__ = ("fields",)

    def __init__(self, *fields: Value) -> None:
        self.fields = fields


class Structs:
    """A vector of structs, whose members are of eight bytes each or padded to it."""

    __slots__ = ("format", "rows")

    def __init__(self, format: str, rows: Sequence[tuple[int, ...]]) -> None:
        self.format = f"<{format}"
        self.rows = rows


def write(root: Table) -> bytes:
    out = bytearray(4)
    struct.pack_into("<I", out, 0, _write_table(out, root))
    return bytes(out)


def _write_table(out: bytearray, table: Table) -> int:
    places, end = [], 4
    for value in table.fields:
        size = 0 if value is None else struct.calcsize(f"<{value[0]}") if type(value) is tuple else 4
        if size:
            end = -(-end // size) * size
        places.append(end if size else 0)
        end += size
    length = 4 + 2 * len(places)
    _pad(out, length, 8)
    start = len(out) + length
    out += struct.pack(f"<{2 + len(places)}H", length, end, *places) + struct.pack("<i", length) + bytes(end - 4)
    for value, place in zip(table.fields, places):
        if type(value) is tuple:
            struct.pack_into(f"<{value[0]}", out, start + place, value[1])
        elif value is not None:
            _refer(out, start + place, value)
    return start


def _refer(out: bytearray, place: int, value: Any) -> None:
    """Writes what is kept elsewhere, and at ``place`` how far behind it is."""
    if isinstance(value, Table):
        start = _write_table(out, value)
    elif isinstance(value, Structs):
        _pad(out, 4, 8)
        start = len(out)
        out += struct.pack("<I", len(value.rows)) + b"".join(struct.pack(value.format, *row) for row in value.rows)
    elif isinstance(value, str):
        _pad(out, 0, 4)
        start = len(out)
        content = value.encode()
        out += struct.pack("<I", len(content)) + content + b"\0"
    else:
        _pad(out, 0, 4)
        start = len(out)
        out += struct.pack("<I", len(value)) + bytes(4 * len(value))
        for index, table in enumerate(value):
            _refer(out, start + 4 + 4 * index, table)
    struct.pack_into("<I", out, place, start - place)


def _pad(out: bytearray, ahead: int, alignment: int) -> None:
    """So that what comes ``ahead`` bytes later is aligned."""
    out += bytes(-(len(out) + ahead) % alignment)


class Reader:
    """A table that is read. A field is named by its position in the schema. Raises struct.error where the bytes are damaged."""

    __slots__ = ("_data", "_start", "_places")

    def __init__(self, data: memoryview, start: int | None = None) -> None:
        """Without a start, the root of the buffer."""
        self._data = data
        self._start = self._number("<I", 0) if start is None else start
        vtable = self._start - self._number("<i", self._start)
        count = self._number("<H", vtable) // 2 - 2
        self._places = struct.unpack_from(f"<{max(count, 0)}H", data, vtable + 4)

    def scalar(self, field: int, format: str, default: int | bool = 0) -> Any:
        place = self._place(field)
        return self._number(f"<{format}", place) if place else default

    def text(self, field: int) -> str | None:
        start = self._target(field)
        if not start:
            return None
        return bytes(self._data[start + 4 : start + 4 + self._number("<I", start)]).decode()

    def table(self, field: int) -> Reader | None:
        start = self._target(field)
        return Reader(self._data, start) if start else None

    def tables(self, field: int) -> list[Reader]:
        start = self._target(field)
        count = self._number("<I", start) if start else 0
        if 4 * count > len(self._data):
            raise struct.error("a vector is longer than the buffer")
        places = [start + 4 + 4 * index for index in range(count)]
        return [Reader(self._data, place + self._number("<I", place)) for place in places]

    def structs(self, field: int, format: str) -> list[tuple[int, ...]]:
        start = self._target(field)
        if not start:
            return []
        size = struct.calcsize(f"<{format}")
        content = self._data[start + 4 : start + 4 + size * self._number("<I", start)]
        return list(struct.iter_unpack(f"<{format}", content))

    def _place(self, field: int) -> int:
        offset = self._places[field] if field < len(self._places) else 0
        return self._start + offset if offset else 0

    def _target(self, field: int) -> int:
        place = self._place(field)
        return place + self._number("<I", place) if place else 0

    def _number(self, format: str, place: int) -> int:
        if place < 0:
            raise struct.error("an offset leads out of the buffer")
        return struct.unpack_from(format, self._data, place)[0]  # type: ignore[no-any-return]
