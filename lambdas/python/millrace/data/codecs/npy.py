"""Arrays as .npy files, version 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

Always in row-major order and little-endian, as TypeScript reads them. Without numpy, an array of one dimension is an ``array.array``, any
other a ``memoryview`` with a shape.
"""

from __future__ import annotations

import re
import sys

from ..errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Encoded

# Name of JavaScript's typed array, dtype, and the format of array.array and memoryview.
TYPED_ARRAYS = (
    ("Int8Array", "|i1", "b"),
    ("Uint8Array", "|u1", "B"),
    ("Int16Array", "<i2", "h"),
    ("Uint16Array", "<u2", "H"),
    ("Int32Array", "<i4", "i"),
    ("Uint32Array", "<u4", "I"),
    ("BigInt64Array", "<i8", "q"),
    ("BigUint64Array", "<u8", "Q"),
    ("Float16Array", "<f2", "e"),
    ("Float32Array", "<f4", "f"),
    ("Float64Array", "<f8", "d"),
)
NAME_OF_DTYPE = {dtype: name for name, dtype, _ in TYPED_ARRAYS}
DTYPE_OF_NAME = {name: dtype for name, dtype, _ in TYPED_ARRAYS}
_FORMAT_OF_DTYPE = {dtype: fmt for _, dtype, fmt in TYPED_ARRAYS}

CODECS = ("npy", "tensor")
_MAGIC = b"\x93NUMPY"
_ALIGNMENT = 64
# Those whose bytes mean the same everywhere; objects and records are pickled.
_KINDS = "biufcmMSU"


class Array:
    """An array as it is written: its dtype, shape and numbers."""

    def __init__(self, dtype: str, shape: tuple[int, ...], data: bytes | memoryview) -> None:
        self.dtype = dtype
        self.shape = shape
        self.data = data

    @property
    def type(self) -> str:
        """For people, as TypeScript says it."""
        name = NAME_OF_DTYPE.get(self.dtype)
        if name is None:
            return f"ndarray({self.dtype.strip('<|')}, {'×'.join(map(str, self.shape))})"
        if len(self.shape) == 1:
            return f"{name}({self.shape[0]})"
        return f"Tensor({name}, {'×'.join(map(str, self.shape))})"


def as_array(value: object) -> Array | None:
    """The value as an array, where it is one that can be written."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and type(value) in (numpy.ndarray, numpy.memmap):
        return _from_numpy(value, numpy) if value.dtype.kind in _KINDS else None  # type: ignore[attr-defined]
    if type(value).__module__ == "array" or type(value) is memoryview:
        return _from_buffer(memoryview(value))  # type: ignore[arg-type]
    return None


def _from_numpy(value, numpy) -> Array:  # type: ignore[no-untyped-def]
    plain = numpy.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<")).reshape(value.shape)
    # Dates have no buffer of their own kind.
    data = memoryview(plain.reshape(-1).view(numpy.uint8)) if plain.size else b""
    return Array(plain.dtype.str, plain.shape, data)


def _from_buffer(view: memoryview) -> Array | None:
    if view.format not in ("b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "e", "f", "d"):
        return None
    kind = "f" if view.format in "efd" else "i" if view.format.islower() else "u"
    dtype = f"{'|' if view.itemsize == 1 else '<'}{kind}{view.itemsize}"
    return Array(dtype, tuple(view.shape or ()), view.tobytes())


def of_data(dtype: str, shape: tuple[int, ...], content: bytes | bytearray) -> object:
    """An array whose numbers are these bytes. Raises ValueError."""
    numpy = _numpy()
    if numpy is not None:
        array = numpy.frombuffer(content, dtype=numpy.dtype(dtype)).reshape(shape)
        return array if array.flags.writeable else array.copy()
    fmt = _FORMAT_OF_DTYPE.get(dtype)
    if fmt is None or (len(shape) != 1 and 0 in shape):
        raise ValueError(f"an array of dtype {dtype} and shape {list(shape)} needs numpy, which is not installed")
    if len(shape) == 1 and fmt != "e":
        from array import array as Typed

        return Typed(fmt, bytes(content))
    return memoryview(bytearray(content)).cast("B").cast(fmt, shape)  # type: ignore[call-overload]


def encode(value: object, at: str) -> Encoded | None:
    array = as_array(value)
    if array is None:
        return None
    return "npy" if len(array.shape) == 1 else "tensor", array.type, b"".join((_header(array), array.data))


def encode_view(value: object, content: bytes | bytearray, at: str) -> Encoded | None:
    """As encode, but for the copy, where the value still is a view of the content that it was decoded from."""
    numpy = sys.modules.get("numpy")
    array = as_array(value)
    if numpy is None or array is None or not array.data or type(value) is not numpy.ndarray:
        return encode(value, at)
    header = _header(array)
    numbers, stored = (numpy.frombuffer(data, numpy.uint8) for data in (array.data, content))
    start = stored.__array_interface__["data"][0] + len(header)
    if numbers.__array_interface__["data"][0] != start or len(content) != len(header) + len(numbers) or content[: len(header)] != header:
        return encode(value, at)
    return "npy" if len(array.shape) == 1 else "tensor", array.type, content


def _header(array: Array) -> bytes:
    """What is in front of the numbers: it fills a multiple of 64 bytes, so that they can be used from where they are read."""
    lengths = f"({array.shape[0]},)" if len(array.shape) == 1 else f"({', '.join(map(str, array.shape))})"
    fields = f"{{'descr': '{array.dtype}', 'fortran_order': False, 'shape': {lengths}, }}"
    prefix = len(_MAGIC) + 4
    start = -(-(prefix + len(fields) + 1) // _ALIGNMENT) * _ALIGNMENT
    header = f"{fields:<{start - prefix - 1}}\n".encode("latin-1")
    return b"".join((_MAGIC, b"\x01\x00", (start - prefix).to_bytes(2, "little"), header))


def decode_array(content: bytes | bytearray) -> object:
    return _decode("npy", content)


def decode_tensor(content: bytes | bytearray) -> object:
    return _decode("tensor", content)


def _decode(codec: str, content: bytes | bytearray) -> object:
    if len(content) < 12 or content[:6] != _MAGIC:
        raise DecodeError(codec, "it does not begin as an .npy file does")
    prefix = 12 if content[6] > 1 else 10
    start = prefix + int.from_bytes(content[8:prefix], "little")
    header = bytes(content[prefix:start]).decode("latin-1")
    dtype = re.search(r"'descr': *'([^']*)'", header)
    shape = re.search(r"'shape': *\(([^)]*)\)", header)
    if dtype is None or shape is None:
        raise DecodeError(codec, f"its header {header.strip()!r} tells no dtype and shape")
    lengths = tuple(int(length) for length in shape[1].split(",") if length.strip())
    data = memoryview(content)[start:]
    try:
        if "'fortran_order': True" in header and len(lengths) > 1:
            return of_data(dtype[1], lengths[::-1], data).transpose()  # type: ignore[attr-defined, arg-type]
        return of_data(dtype[1], lengths, data)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError) as error:
        raise DecodeError(codec, str(error), "Check that numpy is installed.") from error


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        return None
    return numpy
