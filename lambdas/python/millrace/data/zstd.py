"""Zstandard by whichever implementation there is.

In this order: ``compression.zstd`` of Python 3.14, the packages ``zstandard`` and ``pyzstd``, the system's libzstd through ctypes.
"""

from __future__ import annotations

import sys
from ..errors import MillraceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, Union

    Buffer = Union[bytes, bytearray, memoryview]
    Compress = Callable[[Buffer], bytes]
    Decompress = Callable[[Buffer, int], "bytes | bytearray"]

_LEVEL = 1
_LIBRARIES = ("libzstd.so.1", "libzstd.1.dylib", "/opt/homebrew/lib/libzstd.1.dylib", "libzstd.dll", "zstd.dll")


class ZstdMissingError(MillraceError):
    """This Python has no Zstandard."""

    def __init__(self) -> None:
        super().__init__(
            "ZSTD_MISSING",
            f"Artifacts are compressed with Zstandard, which this Python ({sys.executable}) lacks.",
            "Add zstandard to the step's requirements, use Python 3.14, or install the system's libzstd.",
        )


class _Implementation:
    def __init__(self, name: str, compress: Compress, decompress: Decompress) -> None:
        self.name = name
        self.compress = compress
        self.decompress = decompress


_found: _Implementation | None = None


def available() -> bool:
    """Whether there is any implementation."""
    try:
        _implementation()
        return True
    except ZstdMissingError:
        return False


def compress(content: Buffer) -> bytes:
    """One frame that tells its size. Raises ZstdMissingError."""
    return _implementation().compress(content)


def decompress(content: Buffer, size: int) -> bytes | bytearray:
    """The ``size`` bytes that were compressed; more are never written. Raises ValueError where the content is damaged, ZstdMissingError."""
    return _implementation().decompress(content, size)


def _implementation() -> _Implementation:
    global _found
    if _found is None:
        for load in (_from_standard_library, _from_zstandard, _from_pyzstd, _from_system):
            _found = load()
            if _found is not None:
                break
        else:
            raise ZstdMissingError()
    return _found


def _from_standard_library() -> _Implementation | None:
    if sys.version_info < (3, 14):
        return None
    try:
        from compression import zstd
    except ImportError:
        return None

    def decompress(content: Buffer, size: int) -> bytes:
        try:
            return zstd.ZstdDecompressor().decompress(content, max_length=max(size, 1))
        except zstd.ZstdError as error:
            raise ValueError(str(error)) from error

    return _Implementation("compression.zstd", lambda content: zstd.compress(content, level=_LEVEL), decompress)


def _from_zstandard() -> _Implementation | None:
    try:
        import zstandard
    except ImportError:
        return None

    def decompress(content: Buffer, size: int) -> bytes:
        try:
            if zstandard.frame_content_size(content) not in (-1, size):
                raise ValueError("the frame has another size")
            return zstandard.ZstdDecompressor().decompress(content, max_output_size=max(size, 1))
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error

    return _Implementation("zstandard", lambda content: zstandard.ZstdCompressor(level=_LEVEL).compress(content), decompress)


def _from_pyzstd() -> _Implementation | None:
    try:
        import pyzstd
    except ImportError:
        return None

    def decompress(content: Buffer, size: int) -> bytes:
        try:
            return bytes(pyzstd.ZstdDecompressor().decompress(content, max(size, 1)))
        except pyzstd.ZstdError as error:
            raise ValueError(str(error)) from error

    return _Implementation("pyzstd", lambda content: pyzstd.compress(content, _LEVEL), decompress)


def _from_system() -> _Implementation | None:
    import ctypes

    library = _load_library(ctypes)
    if library is None:
        return None
    size_t = ctypes.c_size_t
    library.ZSTD_compressBound.restype = size_t
    library.ZSTD_compress.restype = size_t
    library.ZSTD_decompress.restype = size_t
    library.ZSTD_isError.argtypes = [size_t]

    def address(content: Buffer) -> tuple[object, int]:
        """Of the bytes, without a copy; the first value keeps them alive."""
        if isinstance(content, bytes):
            return content, len(content)
        view = memoryview(content).cast("B")
        if view.readonly:
            return bytes(view), len(view)
        return (ctypes.c_char * len(view)).from_buffer(view), len(view)

    def compress(content: Buffer) -> bytes:
        source, length = address(content)
        bound = library.ZSTD_compressBound(size_t(length))
        target = ctypes.create_string_buffer(bound)
        written = library.ZSTD_compress(target, size_t(bound), source, size_t(length), _LEVEL)
        return ctypes.string_at(target, written)

    def decompress(content: Buffer, size: int) -> bytearray:
        source, length = address(content)
        target = bytearray(size)
        buffer = (ctypes.c_char * size).from_buffer(target)
        written = library.ZSTD_decompress(buffer, size_t(size), source, size_t(length))
        if library.ZSTD_isError(written) or written != size:
            raise ValueError("the frame is damaged, or has another size")
        return target

    return _Implementation("libzstd", compress, decompress)


def _load_library(ctypes: ModuleType) -> Any:
    for name in _LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    from ctypes.util import find_library

    found = find_library("zstd")
    return ctypes.CDLL(found) if found else None
