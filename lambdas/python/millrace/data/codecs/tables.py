"""Tables as Arrow IPC files, which TypeScript and most tools for data read.

A DataFrame comes back as one, with its index and types; a pyarrow Table, or a table that TypeScript wrote, as a pyarrow Table.
"""

from __future__ import annotations

import sys

from ..errors import DecodeError, EncodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import Encoded

_FIX = "Add pyarrow to the step's requirements."


def encode(value: object, at: str) -> Encoded | None:
    pandas, arrow = sys.modules.get("pandas"), sys.modules.get("pyarrow")
    # pandas may be half imported where one of its own modules runs this.
    if pandas is not None and type(value) is getattr(pandas, "DataFrame", None):
        return _encode_frame(value, at)
    if arrow is not None and type(value) is getattr(arrow, "Table", None):
        return _written(value)
    return None


def _encode_frame(frame, at: str) -> Encoded | None:  # type: ignore[no-untyped-def]
    try:
        import pyarrow
    except ImportError:
        rows, columns = frame.shape
        print(
            f"{at} is a pandas DataFrame ({rows}×{columns}). Without pyarrow it is pickled, which only Python with pandas can read. {_FIX}",
            file=sys.stderr,
        )
        return None
    try:
        return _written(pyarrow.Table.from_pandas(frame))
    except (pyarrow.ArrowException, ValueError, TypeError) as error:
        fix = "Give each column one type that Arrow has, as with frame.astype or frame.convert_dtypes."
        raise EncodeError(at, f"is a table that Arrow cannot hold: {_sentence(error)}", fix) from error


def _written(table) -> Encoded:  # type: ignore[no-untyped-def]
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return "arrow", f"Table({table.num_rows}×{table.num_columns})", memoryview(sink.getvalue())


def decode(content: bytes | bytearray) -> object:
    try:
        import pyarrow
    except ImportError as error:
        raise DecodeError("arrow", "pyarrow is not installed", _FIX) from error
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


def _sentence(error: BaseException) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
