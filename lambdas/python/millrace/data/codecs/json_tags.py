"""The kinds of values that JSON lacks, as ``{"$type": name, …}``."""

from __future__ import annotations

import base64
import re

from . import files, npy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from typing import Any


class Unsupported(Exception):
    """A part of the value that JSON has no words for."""


class Map(dict):  # type: ignore[type-arg]
    """A dict that is a Map in TypeScript whatever its keys are; of other dicts, those whose keys are all strings are objects there."""

    __slots__ = ()


class Url(str):
    """A string that is a URL in TypeScript."""

    __slots__ = ()


class RegExp:
    """A regular expression of JavaScript, whose syntax is not Python's."""

    __slots__ = ("source", "flags")

    def __init__(self, source: str, flags: str) -> None:
        self.source = source
        self.flags = flags

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RegExp) and (self.source, self.flags) == (other.source, other.flags)

    def __hash__(self) -> int:
        return hash((self.source, self.flags))

    def __repr__(self) -> str:
        return f"/{self.source}/{self.flags}"


class ForeignError(Exception):
    """An error of a class that Python's builtins lack; ``name`` is that of the class, ``fields`` what else it had."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


_NATIVE_ERRORS = ("TypeError", "SyntaxError")


def _error(error: BaseException) -> dict[str, Any]:
    name = getattr(error, "name", None) if isinstance(error, ForeignError) else type(error).__name__
    single = len(error.args) == 1 and isinstance(error.args[0], str)
    members: dict[str, Any] = {
        "$type": "Error",
        "class": getattr(error, "_class", name if name in _NATIVE_ERRORS else "Error"),
        "name": name,
        "message": error.args[0] if single else str(error),
        "stack": getattr(error, "_stack", None) or _stack(error),
    }
    if error.__cause__ is not None:
        members["cause"] = error.__cause__
    if type(error).__name__ in ("ExceptionGroup", "BaseExceptionGroup"):
        members.update({"class": "AggregateError", "message": error.message, "errors": list(error.exceptions)})  # type: ignore[attr-defined]
    fields = getattr(error, "fields", None)
    if isinstance(fields, dict) and fields:
        members["fields"] = fields
    return members


def _stack(error: BaseException) -> str:
    if error.__traceback__ is None:
        return f"{type(error).__name__}: {error}"
    import traceback

    return "".join(traceback.format_exception(type(error), error, error.__traceback__, chain=False)).rstrip()


def _raise_error(members: dict[str, Any]) -> object:
    import builtins

    name, message = str(members.get("name")), str(members.get("message"))
    kind = getattr(builtins, name, None)
    error: Any
    try:
        error = kind(message) if isinstance(kind, type) and issubclass(kind, Exception) else ForeignError(name, message)
    except TypeError:  # UnicodeDecodeError and others take more than a message
        error = ForeignError(name, message)
    error._class, error._stack = members.get("class"), members.get("stack")
    cause = members.get("cause")
    error.__cause__ = cause if isinstance(cause, BaseException) else None
    if isinstance(members.get("fields"), dict):
        error.fields = members["fields"]
    if isinstance(members.get("errors"), list):
        error.errors = members["errors"]
    return error


def _bytes(value: bytes | bytearray) -> dict[str, Any]:
    return {"$type": "Uint8Array", "base64": base64.b64encode(value).decode("ascii")}


def _array(array: npy.Array) -> dict[str, Any]:
    name = npy.NAME_OF_DTYPE.get(array.dtype)
    if name is None:
        raise Unsupported
    data = {"$type": name, "base64": base64.b64encode(array.data).decode("ascii")}
    # Plain bytes would come back for it.
    if len(array.shape) == 1 and name != "Uint8Array":
        return data
    return {"$type": "Tensor", "data": _Lowered(data), "shape": list(array.shape)}


class _Lowered(dict):  # type: ignore[type-arg]
    """What is JSON already."""


def _date(value: date) -> dict[str, Any]:
    text = value.isoformat()
    if text.endswith("+00:00"):
        text = text[:-6] + "Z"
        # JavaScript's own form, so that the same time is the same text.
        if re.search(r":\d\dZ$", text) and "." not in text:
            text = text[:-1] + ".000Z"
        elif text.endswith("000Z"):
            text = text[:-4] + "Z"
    return {"$type": "Date", "value": text}


def _raise_date(members: dict[str, Any]) -> object:
    from datetime import date, datetime

    text = members["value"]
    if text is None:
        raise ValueError("it has an invalid Date, for which Python has no value")
    text = str(text)
    if len(text) == 10:
        return date.fromisoformat(text)
    if not re.match(r"\d{4}-", text):
        raise ValueError(f"it has the date {text}; Python has the years 1 to 9999")
    # Python 3.10 reads neither Z nor fractions of other lengths than 3 and 6.
    return datetime.fromisoformat(re.sub("Z$", "+00:00", text))


def _path(value: object, at: str) -> dict[str, Any]:
    name, kind, content = files.read(value, at)  # type: ignore[arg-type]
    return {"$type": "ArtifactFile", "name": name, "type": kind, "content": content}


def lower_by_name(value: object, at: str) -> object:
    """The tag of a value whose type is known without importing its module."""
    if isinstance(value, Exception):
        return _error(value)
    if files.is_path(value):
        return _path(value, at)
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if name in ("datetime.datetime", "datetime.date"):
        return _date(value)  # type: ignore[arg-type]
    array = npy.as_array(value)
    return _array(array) if array is not None else None


def raise_tag(kind: object, members: dict[str, Any]) -> object:
    """The value of a tag whose members are resolved already. Raises ValueError."""
    if kind in npy.DTYPE_OF_NAME and kind != "Uint8Array":
        content = bytearray(base64.b64decode(str(members["base64"])))
        dtype = npy.DTYPE_OF_NAME[str(kind)]
        return npy.of_data(dtype, (len(content) // int(dtype[-1]),), content)
    read = _RAISE.get(str(kind))
    if read is None:
        raise ValueError(f"this version knows no $type {kind!r}")
    return read(members)


def freeze(value: object) -> object:
    """A key of a dict or a member of a set: arrays become tuples. Raises ValueError where it still cannot be one."""
    if type(value) is list:
        return tuple(freeze(part) for part in value)
    if type(value) is set:
        return frozenset(value)
    if isinstance(value, dict):
        raise ValueError("it has an object as a key of a Map or a member of a Set, which Python's cannot have")
    return value


def _raise_tensor(members: dict[str, Any]) -> object:
    data, shape = members["data"], tuple(members["shape"])
    if isinstance(data, bytes):
        return npy.of_data("|u1", shape, bytearray(data))
    array = npy.as_array(data)
    assert array is not None
    return npy.of_data(array.dtype, shape, bytearray(array.data))


def _raise_bytes(members: dict[str, Any]) -> bytes:
    return base64.b64decode(str(members["base64"]))


LOWER: dict[type, Callable[..., dict[str, Any]]] = {
    bytes: _bytes,
    bytearray: _bytes,
    Url: lambda url: {"$type": "URL", "value": str.__str__(url)},
    RegExp: lambda regexp: {"$type": "RegExp", "source": regexp.source, "flags": regexp.flags},
    _Lowered: dict,
}

_RAISE: dict[str, Callable[[dict[str, Any]], object]] = {
    "undefined": lambda _: None,
    "number": lambda members: float(str(members["value"])),
    "bigint": lambda members: int(str(members["value"])),
    "Date": _raise_date,
    "Error": _raise_error,
    "URL": lambda members: Url(members["value"]),
    "RegExp": lambda members: RegExp(str(members["source"]), str(members["flags"])),
    "Uint8Array": _raise_bytes,
    "Uint8ClampedArray": _raise_bytes,
    "Buffer": _raise_bytes,
    "ArrayBuffer": _raise_bytes,
    "Tensor": _raise_tensor,
    "ArtifactFile": lambda members: files.write(str(members["name"]), members["content"]),
}
