"""Tables as Arrow IPC files, which TypeScript and most tools for data read.

A DataFrame comes back as one, with its index and types; a pyarrow Table, or a table that TypeScript wrote, as a pyarrow Table. Where pyarrow is
not installed, frames are written and read without it, and a table of TypeScript's is a DataFrame too. A DataFrame that Arrow cannot hold is left to
pickle.
"""

from __future__ import annotations

import sys

from ..errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Encoded


def encode(value: object, at: str) -> Encoded | None:
    arrow = sys.modules.get("pyarrow")
    if _is_frame(value):
        try:
            return _encode_frame(value)
        except _UNSUPPORTED:
            return None
    if arrow is not None and type(value) is getattr(arrow, "Table", None):
        return _written(value)
    return None


def pickled_frame(value: object) -> str | None:
    """Why a value is pickled although it is a DataFrame, and what to do where TypeScript is to read it."""
    if not _is_frame(value):
        return None
    try:
        _encode_frame(value)
    except _UNSUPPORTED as error:
        fix = "Give each column one type that Arrow has, as with frame.astype or frame.convert_dtypes"
        fix += "." if _pyarrow() is not None else ", or add pyarrow to the step's requirements, which knows more types."
        return f"is a table that Arrow cannot hold: {_sentence(error)}. It is pickled, which only Python reads. {fix}"
    return None


# pyarrow's own errors are of these types too.
_UNSUPPORTED = (ValueError, TypeError, NotImplementedError, OverflowError)


def _is_frame(value: object) -> bool:
    pandas = sys.modules.get("pandas")
    # pandas may be half imported where one of its own modules runs this.
    return pandas is not None and type(value) is getattr(pandas, "DataFrame", None)


def _encode_frame(frame: Any) -> Encoded:
    pyarrow = _pyarrow()
    if pyarrow is not None:
        return _written(pyarrow.Table.from_pandas(frame))
    from ..arrow import write_frame

    content = write_frame(frame)
    # The index is a column, unless it only counts.
    index = 0 if type(frame.index).__name__ == "RangeIndex" else frame.index.nlevels
    return "arrow", f"Table({len(frame)}×{frame.shape[1] + index})", content


def _written(table: Any) -> Encoded:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return "arrow", f"Table({table.num_rows}×{table.num_columns})", memoryview(sink.getvalue())


def decode(content: bytes | bytearray) -> object:
    pyarrow = _pyarrow()
    if pyarrow is None:
        return _decode_frame(content)
    try:
        source = pyarrow.BufferReader(content)
        is_file = bytes(content[:6]) == b"ARROW1"
        table = (pyarrow.ipc.open_file(source) if is_file else pyarrow.ipc.open_stream(source)).read_all()
        if b"pandas" in (table.schema.metadata or {}):
            return table.to_pandas()
        return table
    except ImportError as error:
        raise DecodeError("arrow", "it is a pandas DataFrame, and pandas is not installed", "Add pandas to the step's requirements.") from error
    except pyarrow.ArrowException as error:
        raise DecodeError("arrow", _sentence(error)) from error


def _decode_frame(content: bytes | bytearray) -> object:
    try:
        from ..arrow import read_frame
    except ImportError as error:
        fix = "Add one of them to the step's requirements."
        raise DecodeError("arrow", "it is a table, and neither pandas nor pyarrow is installed", fix) from error
    try:
        return read_frame(content)
    except ValueError as error:
        raise DecodeError("arrow", _sentence(error), "Add pyarrow to the step's requirements, which reads every table.") from error


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        return None
    return pyarrow


def _sentence(error: BaseException) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
