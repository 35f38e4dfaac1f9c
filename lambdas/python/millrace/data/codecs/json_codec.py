"""JSON, and what Python and JavaScript have beyond it.

What JSON can say is written as plain JSON; anything else as ``{"$type": "Map", …}``, as the TypeScript side writes it. A key that is itself
``$type``, ``$$type``, … gets one ``$`` more, so that no dict can be mistaken for a tag. Only values of exactly the types that are listed are
written so, since a subclass would come back as something else: whatever has another part is pickled as a whole.
"""

from __future__ import annotations

import json
import re
import sys

from ..errors import DecodeError, EncodeError
from .json_tags import LOWER, Map, Unsupported, freeze, lower_by_name, raise_tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import Encoded

_LARGEST = 2**53 - 1


def encode(value: object, at: str) -> Encoded | None:
    text = encode_text(value, at)
    return None if text is None else ("json", describe(value), text)


def encode_text(value: object, at: str) -> bytes | None:
    """The codec's text; nothing where the value has parts that JSON has no words for. Raises EncodeError."""
    try:
        lowered = _Writer(at).lower(value)
        text = json.dumps(lowered, ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)
    except Unsupported:
        return None
    except RecursionError as error:
        raise EncodeError(at, "is nested too deeply", "Store it as a flat list.") from error
    try:
        return text.encode()
    except UnicodeEncodeError:  # halves of characters
        return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", text).encode()


def decode(content: bytes | bytearray) -> object:
    try:
        text = content.decode()
        # A JavaScript number of so many digits is no exact integer.
        parse_int = _number if re.search(r"\d{16}", text) else None
        value = json.loads(text, parse_int=parse_int, parse_constant=_refuse)
        return _raise(value) if '$type"' in text else value
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DecodeError("json", str(error).rstrip(".")) from error


def describe(value: object) -> str:
    """What a value is, for people, in TypeScript's words: ``number``, ``Array(3)``, ``Map(2)``."""
    if value is None:
        return "null"
    kind = type(value)
    if kind is int:
        return "number" if abs(value) <= _LARGEST else "bigint"  # type: ignore[arg-type]
    if kind in (list, tuple):
        return f"Array({len(value)})"  # type: ignore[arg-type]
    if kind in (set, frozenset):
        return f"Set({len(value)})"  # type: ignore[arg-type]
    if isinstance(value, dict):
        plain = kind is dict and all(type(key) is str for key in value)
        return "Object" if plain else f"Map({len(value)})"
    known = {float: "number", bool: "boolean", str: "string"}
    if kind in known:
        return known[kind]
    if kind.__module__ == "numpy":
        return "boolean" if "bool" in kind.__name__ else "number"
    if kind.__module__ == "datetime":
        return "Date"
    return kind.__name__


class _Writer:
    """Turns a value into one that JSON can say."""

    def __init__(self, at: str) -> None:
        self._at = at
        self._ancestors: set[int] = set()

    def lower(self, value: Any) -> object:
        kind = type(value)
        if kind is str or kind is bool or value is None:
            return value
        if kind is float:
            # NaN and the infinities are those that differ from themselves by subtraction.
            return value if value - value == 0 and (value or str(value) == "0.0") else _special(value)
        if kind is int:
            return value if -_LARGEST <= value <= _LARGEST else _bigint(value)
        if id(value) in self._ancestors:
            raise Unsupported
        self._ancestors.add(id(value))
        lowered = self._lower_container(value, kind)
        self._ancestors.discard(id(value))
        return lowered

    def _lower_container(self, value, kind: type) -> object:  # type: ignore[no-untyped-def]
        lower = self.lower
        if kind is list or kind is tuple:
            return [lower(part) for part in value]
        if kind is dict and all(type(key) is str for key in value):
            if any(key.endswith("$type") for key in value):
                return {_escape(key): lower(part) for key, part in value.items()}
            return {key: lower(part) for key, part in value.items()}
        if kind is dict or kind is Map:
            return {"$type": "Map", "value": [[lower(key), lower(part)] for key, part in value.items()]}
        if kind is set or kind is frozenset:
            # The order of a set differs from process to process; the bytes must not.
            return {"$type": "Set", "value": sorted((lower(part) for part in value), key=json.dumps)}
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.generic):
            item = value.item()
            if type(item) in (int, float, bool, str):
                return lower(item)
            raise Unsupported
        tag = LOWER.get(kind)
        members = tag(value) if tag is not None else lower_by_name(value, self._at)
        if isinstance(members, dict):
            return {name: lower(member) if name != "$type" else member for name, member in members.items()}
        raise Unsupported


def _special(value: float) -> object:
    text = "NaN" if value != value else "-0" if value == 0 else "Infinity" if value > 0 else "-Infinity"
    return {"$type": "number", "value": text}


def _bigint(value: int) -> object:
    try:
        return {"$type": "bigint", "value": str(value)}
    except ValueError as error:  # more digits than Python writes
        raise Unsupported from error


def _escape(key: str) -> str:
    return f"${key}" if re.fullmatch(r"\$+type", key) else key


def _number(text: str) -> int | float:
    value = int(text)
    return value if -_LARGEST <= value <= _LARGEST else float(text)


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _raise(value: Any) -> Any:
    """Resolves the tags of a parsed value."""
    if type(value) is list:
        return [_raise(part) for part in value]
    if type(value) is not dict:
        return value
    members: dict[str, Any] = {key[1:] if re.fullmatch(r"\$\$+type", key) else key: _raise(part) for key, part in value.items()}
    if "$type" not in value:
        return members
    kind = value["$type"]
    if kind == "Map":
        pairs = members["value"]
        found = Map((freeze(key), part) for key, part in pairs)
        if len(found) != len(pairs):
            raise ValueError("it is a Map with keys that are equal in Python, such as 1 and true")
        return found
    if kind == "Set":
        elements = {freeze(part) for part in members["value"]}
        if len(elements) != len(members["value"]):
            raise ValueError("it is a Set with members that are equal in Python, such as 1 and true")
        return elements
    return raise_tag(kind, members)
