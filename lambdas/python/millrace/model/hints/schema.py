"""What a hint takes: a JSON Schema, and how a value that it allows becomes what the hint means."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import enum
import types
import typing
from typing import Annotated, Any, Literal, NamedTuple, Union

from . import arrays, validators
from .constraints import Columns, Shape, constrain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[Any], Any]


class Taken(NamedTuple):
    """``read`` turns JSON into the value; ``None`` where it is the value already."""

    schema: dict[str, Any]
    read: Read | None = None


class HintError(Exception):
    """A hint that JSON has nothing for."""


_PLAIN: dict[object, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    None: {"type": "null"},
    type(None): {"type": "null"},
    list: {"type": "array"},
    dict: {"type": "object"},
    Any: {},
    object: {},
}
_LISTS = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_SETS = (set, frozenset, collections.abc.Set)
_DICTS = (dict, collections.abc.Mapping)


class Hints:
    """Makes schemas; one for each body, since classes that refer to themselves stand in its ``$defs``."""

    def __init__(self) -> None:
        # Classes that are being read, and whether they were met inside of themselves.
        self._open: dict[type, bool] = {}
        self._reads: dict[type, Read] = {}
        self._definitions: dict[str, Any] = {}

    def taken(self, hint: object) -> Taken:
        """The whole body's. Raises HintError."""
        return self._with_definitions(self.part(hint))

    def members(self, hints: dict[str, Any], optional: typing.Container[str]) -> Taken:
        """The whole body's, where it is an object of a method's parameters. Raises HintError."""
        return self._with_definitions(self.object(hints, optional))

    def _with_definitions(self, taken: Taken) -> Taken:
        return Taken({**taken.schema, "$defs": self._definitions}, taken.read) if self._definitions else taken

    def object(self, members: dict[str, Any], optional: typing.Container[str]) -> Taken:
        """An object with a member for each hint; the value is a dict."""
        parts = {name: self.part(hint) for name, hint in members.items()}
        schema: dict[str, Any] = {"type": "object", "properties": {name: part.schema for name, part in parts.items()}}
        required = [name for name in members if name not in optional]
        if required:
            schema["required"] = required
        reads = {name: part.read for name, part in parts.items() if part.read is not None}

        def read(value: dict[str, Any]) -> dict[str, Any]:
            known = {name: value[name] for name in parts if name in value}
            for name in known.keys() & reads.keys():
                known[name] = reads[name](known[name])
            return known

        return Taken(schema, read)

    def part(self, hint: Any) -> Taken:
        plain = _PLAIN.get(hint) if isinstance(hint, collections.abc.Hashable) else None
        if plain is not None:
            return Taken(dict(plain))
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is Annotated:
            return self._annotated(*arguments)
        if origin is Literal:
            return Taken({"enum": list(arguments)} if len(arguments) > 1 else {"const": arguments[0]})
        if origin is Union or isinstance(hint, types.UnionType):
            return self._union(arguments)
        if getattr(origin, "__name__", "") in ("Required", "NotRequired", "ReadOnly", "Final"):
            return self.part(arguments[0])
        for special in (arrays.taken, validators.taken):
            found = special(hint, self)
            if found is not None:
                return Taken(*found)
        kind = origin or hint
        if kind is tuple:
            return self._tuple(arguments)
        if kind in _SETS:
            schema, read = self._list(arguments, frozenset if kind is frozenset else set)
            return Taken({**schema, "uniqueItems": True}, read)
        if kind in _LISTS:
            return self._list(arguments, None)
        if kind in _DICTS:
            return self._dict(arguments)
        if isinstance(kind, type):
            return self._class(kind)
        raise HintError(f"{hint!r} is no type that JSON has")

    def define(self, definitions: dict[str, Any]) -> None:
        """Adds to the ``$defs`` that the body's schema will have."""
        self._definitions.update(definitions)

    def _annotated(self, hint: object, *notes: object) -> Taken:
        for note in notes:
            if isinstance(note, Shape):
                return Taken(*arrays.shaped(hint, note, self))
            if isinstance(note, Columns):
                return Taken(*arrays.table(note, self))
        schema, read = self.part(hint)
        for note in notes:
            constrain(schema, note)
        return Taken(schema, read)

    def _union(self, hints: tuple[Any, ...]) -> Taken:
        parts = [self.part(hint) for hint in hints]
        schema = {"anyOf": [part.schema for part in parts]}
        if all(part.read is None for part in parts):
            return Taken(schema)

        def read(value: Any) -> Any:
            if value is None and any(part.schema == {"type": "null"} for part in parts):
                return None
            failure: Exception | None = None
            for part in parts:
                if not _fits(value, part.schema):
                    continue
                try:
                    return value if part.read is None else part.read(value)
                except (TypeError, ValueError, KeyError) as error:
                    failure = error
            raise failure or ValueError("it is none of the types that are taken")

        return Taken(schema, read)

    def _list(self, arguments: tuple[Any, ...], make: type | None) -> Taken:
        schema, read = self.part(arguments[0]) if arguments else Taken({})
        listed: dict[str, Any] = {"type": "array", "items": schema} if schema else {"type": "array"}
        if read is None:
            return Taken(listed, make)
        one = read
        if make is None:
            return Taken(listed, lambda value: [one(element) for element in value])
        return Taken(listed, lambda value: make(one(element) for element in value))

    def _tuple(self, arguments: tuple[Any, ...]) -> Taken:
        if not arguments or (len(arguments) == 2 and arguments[1] is Ellipsis):
            return self._list(arguments[:1], tuple)
        parts = [self.part(hint) for hint in arguments]
        schema = {"type": "array", "prefixItems": [part.schema for part in parts], "items": False, "minItems": len(parts)}

        def read(value: list[Any]) -> tuple[Any, ...]:
            return tuple(element if part.read is None else part.read(element) for part, element in zip(parts, value))

        return Taken(schema, read)

    def _dict(self, arguments: tuple[Any, ...]) -> Taken:
        if arguments and arguments[0] is not str:
            raise HintError(f"a dict whose keys are {arguments[0]!r} is no JSON: keys are str")
        schema, read = self.part(arguments[1]) if arguments else Taken({})
        mapped = {"type": "object", "additionalProperties": schema} if schema else {"type": "object"}
        if read is None:
            return Taken(mapped)
        one = read
        return Taken(mapped, lambda value: {key: one(member) for key, member in value.items()})

    def _class(self, kind: type) -> Taken:
        if issubclass(kind, enum.Enum):
            return Taken({"enum": [member.value for member in kind]}, kind)
        if issubclass(kind, datetime.datetime):
            return Taken({"type": "string", "format": "date-time"}, lambda text: kind.fromisoformat(text.replace("Z", "+00:00")))
        if issubclass(kind, datetime.date):
            return Taken({"type": "string", "format": "date"}, kind.fromisoformat)
        if dataclasses.is_dataclass(kind):
            fields = [field for field in dataclasses.fields(kind) if field.init]
            absent = dataclasses.MISSING
            optional = {field.name for field in fields if field.default is not absent or field.default_factory is not absent}
            hints = typing.get_type_hints(kind, include_extras=True)
            return self._named(kind, {field.name: hints[field.name] for field in fields}, optional, lambda members: kind(**members))
        if typing.is_typeddict(kind):
            hints = typing.get_type_hints(kind, include_extras=True)
            return self._named(kind, hints, kind.__optional_keys__, None)  # type: ignore[attr-defined]
        raise HintError(f"{kind.__qualname__} is no type that JSON has")

    def _named(self, kind: type, hints: dict[str, Any], optional: typing.Container[str], make: Read | None) -> Taken:
        reference = {"$ref": f"#/$defs/{kind.__name__}"}
        if kind in self._open:
            self._open[kind] = True
            return Taken(reference, lambda value: self._reads[kind](value))
        self._open[kind] = False
        schema, read_members = self.object(hints, optional)
        is_recursive = self._open.pop(kind)

        def whole(value: Any) -> Any:
            members = read_members(value) if read_members is not None else value
            return members if make is None else make(members)

        self._reads[kind] = whole
        if is_recursive:
            self._definitions[kind.__name__] = schema
            return Taken(reference, whole)
        return Taken(schema, whole)


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value may be of a member of a union, by its JSON type alone."""
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict, "null": type(None)}
    kind = kinds.get(str(schema.get("type")))
    return kind is None or (isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool))  # type: ignore[arg-type]
