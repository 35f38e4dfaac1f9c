"""Arrow IPC files: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format"""

from __future__ import annotations

import struct

import numpy

from .columns import Column
from .fields import Field, UnsupportedTable
from .flatbuffers import Reader, Structs, Table, write
from .values import BatchReader, Values, to_pandas

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .columns import Buffer
    from .flatbuffers import Value
    from .frames import FrameMetadata

_MAGIC = b"ARROW1"
_CONTINUATION = b"\xff\xff\xff\xff"
_ALIGNMENT = 64
_VERSION = ("h", 4)
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_BLOCK = "qi4xq"


class _Writer:
    """Collects a file's parts, which are joined at the end: each buffer is copied once."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[Buffer | memoryview] = []

    def add(self, part: Buffer, alignment: int = 8) -> None:
        content = memoryview(part).cast("B") if len(part) else b""
        padding = bytes(-len(content) % alignment)
        self._parts += [content, padding]
        self.size += len(content) + len(padding)

    def message(self, kind: int, header: Table, body: list[Buffer] | None = None) -> tuple[int, int, int]:
        """Where the message is in the file, and how long its metadata and its body are."""
        start = self.size
        length = sum(-(-_size(buffer) // _ALIGNMENT) * _ALIGNMENT for buffer in body or [])
        metadata = write(Table(_VERSION, ("B", kind), header, ("q", length)))
        # So that the body begins where its buffers are aligned.
        padding = bytes(-(start + 8 + len(metadata)) % _ALIGNMENT)
        self.add(_CONTINUATION + struct.pack("<i", len(metadata) + len(padding)) + metadata + padding)
        described = self.size - start
        for buffer in body or []:
            self.add(buffer, _ALIGNMENT)
        return start, described, length

    def content(self) -> bytes:
        return b"".join(self._parts)


def write_file(columns: list[Column], length: int, metadata: str) -> bytes:
    """``metadata``: what pandas wants to know."""
    schema = Table(("h", 0), [column.field.table() for column in columns], [Table("pandas", metadata)])
    writer = _Writer()
    writer.add(_MAGIC)
    writer.message(_SCHEMA, schema)
    dictionaries = []
    for id, values in _dictionaries(columns):
        batch, buffers = _batch([values], values.length)
        dictionaries.append(writer.message(_DICTIONARY, Table(("q", id), batch), buffers))
    batch, buffers = _batch(columns, length)
    batches = [writer.message(_BATCH, batch, buffers)]
    writer.add(_CONTINUATION + bytes(4))
    footer = write(Table(_VERSION, schema, Structs(_BLOCK, dictionaries), Structs(_BLOCK, batches)))
    writer.add(footer + struct.pack("<i", len(footer)) + _MAGIC, 1)
    return writer.content()


def _dictionaries(columns: list[Column]) -> Iterator[tuple[int, Column]]:
    for column in columns:
        yield from _dictionaries(list(column.children))
        if column.values is not None and column.field.dictionary is not None:
            yield from _dictionaries([column.values])
            yield column.field.dictionary.id, column.values


def _batch(columns: list[Column], length: int) -> tuple[Table, list[Buffer]]:
    nodes: list[tuple[int, int]] = []
    buffers: list[Buffer] = []

    def visit(column: Column) -> None:
        nodes.append((column.length, column.nulls))
        buffers.extend(column.buffers)
        for child in column.children:
            visit(child)

    for column in columns:
        visit(column)
    places, offset = [], 0
    for buffer in buffers:
        size = _size(buffer)
        places.append((offset, size))
        offset += -(-size // _ALIGNMENT) * _ALIGNMENT
    return Table(("q", length), Structs("qq", nodes), Structs("qq", places)), buffers


def _size(buffer: Buffer) -> int:
    return buffer.nbytes if isinstance(buffer, numpy.ndarray) else len(buffer)


class FileReader:
    """Raises UnsupportedTable, and ValueError, struct.error and others where the bytes are damaged."""

    def __init__(self, content: bytes | bytearray | memoryview) -> None:
        self._content = memoryview(content)
        if bytes(self._content[:6]) != _MAGIC or bytes(self._content[-6:]) != _MAGIC:
            raise ValueError("it does not begin and end as an Arrow file does")
        end = len(self._content) - 10
        start = end - struct.unpack_from("<i", self._content, end)[0]
        if not 0 <= start < end:
            raise ValueError("its footer lies outside of it")
        self._footer = Reader(self._content[start:end])
        schema = self._footer.table(1)
        if schema is None:
            raise ValueError("it has no schema")
        self.fields = [Field.read(field) for field in schema.tables(1)]
        self.metadata = {entry.text(0): entry.text(1) for entry in schema.tables(2)}

    def columns(self, known: FrameMetadata) -> tuple[dict[str, Any], int]:
        """The values of each column as pandas has them, and the number of rows."""
        dictionaries = self._read_dictionaries()
        batches = [self._message(block) for block in self._footer.structs(3, _BLOCK)]
        readers = [BatchReader(batch, body, dictionaries) for batch, body in batches]
        columns: dict[str, Any] = {}
        for field in self.fields:
            if field.name in columns:
                raise UnsupportedTable(f"it has two columns with the name {field.name}")
            values = Values.joined([reader.read_column(field) for reader in readers], field)
            columns[field.name] = to_pandas(field, values, known.dtype(field.name), dictionaries)
        return columns, sum(batch.scalar(0, "q") for batch, _ in batches)

    def _read_dictionaries(self) -> dict[int, Any]:
        fields = {field.dictionary.id: field for field in _with_dictionaries(self.fields) if field.dictionary is not None}
        parts: dict[int, list[Values]] = {}
        read: dict[int, Any] = {}
        for block in self._footer.structs(2, _BLOCK):
            header, body = self._message(block)
            id, batch = header.scalar(0, "q"), header.table(1)
            if id not in fields or batch is None:
                raise ValueError(f"it has a dictionary {id} that no column has")
            of = Field("", fields[id].type, fields[id].parameters, fields[id].children)
            more = BatchReader(batch, body, read).read(of)
            parts[id] = [*parts.get(id, []), more] if header.scalar(2, "?") else [more]
            read[id] = to_pandas(of, Values.joined(parts[id], of), None, read)
        return read

    def _message(self, block: tuple[int, ...]) -> tuple[Reader, memoryview]:
        """A message's header and body."""
        start, described, length = block
        # Old files have no mark in front of the length.
        ahead = 8 if bytes(self._content[start : start + 4]) == _CONTINUATION else 4
        header = Reader(self._content[start + ahead : start + described]).table(2)
        if header is None:
            raise ValueError("a message has no header")
        return header, self._content[start + described : start + described + length]


def _with_dictionaries(fields: list[Field] | tuple[Field, ...]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from _with_dictionaries(field.children)
