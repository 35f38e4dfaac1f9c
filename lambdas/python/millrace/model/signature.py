"""What an API takes and answers, from its method's hints."""

from __future__ import annotations

import inspect
import sys
import typing
from typing import Annotated, Any, NamedTuple

from .bodies import Body, File, any_file
from .errors import ModelError, RequestError, invalid_input
from .hints.arrays import is_table
from .hints.schema import HintError, Hints, Taken
from .hints.validators import issues as validation_issues
from .service import Context, ModelService

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_JSON = Body("application/json")
# The server reads and writes them.
_TABLE = Body("application/json", "application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.file")


class Media(NamedTuple):
    """How values of a hint travel: ``types`` is ``application/json`` unless the hint says otherwise."""

    types: tuple[str, ...]
    taken: Taken


class Signature:
    """A method with what it takes and answers. Raises ModelError."""

    def __init__(self, service: type[ModelService], name: str) -> None:
        self.name = name
        self._where = f"{service.__name__}.{name}"
        method = getattr(service, name)
        try:
            hints = typing.get_type_hints(method, include_extras=True)
        except Exception as error:
            raise ModelError("SERVICE", f"A hint of {self._where} cannot be read: {error}.", "Import what it names.") from error
        parameters = list(inspect.signature(method).parameters.values())[1:]
        self._context = next((one.name for one in parameters if hints.get(one.name) in (Context, typing.Optional[Context])), None)
        inputs = [one for one in parameters if one.name != self._context]
        if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY) for one in inputs) or not inputs:
            fix = "Name its parameters: a request's body is the value of one, or an object of several."
            raise ModelError("SERVICE", f"{self._where} does not say what it takes.", fix)
        self._single = inputs[0].name if len(inputs) == 1 else None
        if self._single is not None:
            self.input = self._media(hints.get(self._single, Any), "input")
        else:
            self.input = self._object({one.name: hints.get(one.name, Any) for one in inputs}, {one.name for one in inputs if one.default is not one.empty})
        self.output = self._media(hints.get("return", Any), "output")
        self.is_async = inspect.iscoroutinefunction(method)

    def arguments(self, value: object, context: Context) -> dict[str, Any]:
        """The method's arguments for a body. Raises RequestError where the hint cannot be made of it."""
        read = self.input.taken.read
        if read is not None:
            try:
                value = read(value)
            except RequestError:
                raise
            except Exception as error:
                found = validation_issues(error) or [{"path": "", "message": str(error).rstrip(".") or type(error).__name__}]
                raise invalid_input(self.name, found) from error
        arguments: dict[str, Any] = {self._single: value} if self._single is not None else dict(value)  # type: ignore[call-overload]
        if self._context is not None:
            arguments[self._context] = context
        return arguments

    def _media(self, hint: Any, which: str) -> Media:
        body = next((note for note in getattr(hint, "__metadata__", ()) if isinstance(note, Body)), None)
        kind = typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated and body is not None else hint
        binary = _binary(kind)
        if binary is not None:
            usual, read = binary
            return Media((body or usual).types, Taken({}, read if which == "input" else None))
        try:
            taken = Hints().taken(hint)
        except HintError as error:
            fix = "Use types that JSON has, or bytes, File, Image or Text for other bodies."
            raise ModelError("SERVICE", f"The {which} of {self._where} has no JSON Schema: {error}.", fix) from error
        return Media((body or (_TABLE if is_table(hint) else _JSON)).types, taken)

    def _object(self, members: dict[str, Any], optional: set[str]) -> Media:
        try:
            return Media(_JSON.types, Hints().members(members, optional))
        except HintError as error:
            raise ModelError("SERVICE", f"The input of {self._where} has no JSON Schema: {error}.", "Use types that JSON has.") from error


def _binary(kind: Any) -> tuple[Body, Callable[[File], Any] | None] | None:
    """Of a hint whose values are bytes: the usual content types, and how a file becomes its value."""
    if kind in (bytes, bytearray, memoryview):
        return Body("application/octet-stream"), lambda file: kind(file.content)
    if kind is File:
        return any_file, None
    pathlib, pil = sys.modules.get("pathlib"), sys.modules.get("PIL.Image")
    if pathlib is not None and kind is pathlib.Path:
        return any_file, _to_path
    if pil is not None and kind is pil.Image:
        return Body("image/png", "image/*"), _to_image
    return None


def _to_path(file: File) -> Path:
    from ..data.codecs.files import write

    return write(file.name, file.content)


def _to_image(file: File) -> Any:
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(file.content))
    image.load()
    return image
