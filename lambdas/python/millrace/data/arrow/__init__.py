"""Frames of pandas as Arrow IPC files without pyarrow, which is larger than all else that a step needs.

Columns of numbers, truth values, text, bytes, dates, times, categories and lists of these. What pyarrow reads and writes of frames with such
columns is the same.
"""

from __future__ import annotations

from .columns import ColumnWriter
from .fields import UnsupportedTable
from .file import FileReader, write_file
from .frames import FrameMetadata, columns_of, metadata_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pandas

__all__ = ["UnsupportedTable", "read_frame", "write_frame"]


def write_frame(frame: pandas.DataFrame) -> bytes:
    """Raises UnsupportedTable, which names the column."""
    writer = ColumnWriter()
    columns = [writer.write(name, series) for name, series in columns_of(frame)]
    return write_file(columns, len(frame), metadata_of(frame, [column.field for column in columns]))


def read_frame(content: bytes | bytearray | memoryview) -> pandas.DataFrame:
    """Raises UnsupportedTable, which names the column; ValueError where the bytes are damaged."""
    import struct

    try:
        reader = FileReader(content)
        known = FrameMetadata(reader.metadata.get("pandas"))
        columns, length = reader.columns(known)
        return known.frame(columns, length)
    except (struct.error, LookupError, TypeError, StopIteration, RecursionError, OverflowError, AttributeError) as error:
        raise ValueError(f"it is damaged: {type(error).__name__}: {error}") from error
