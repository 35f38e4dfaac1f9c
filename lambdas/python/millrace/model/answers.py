"""What a method returned, as JSON or as bytes."""

from __future__ import annotations

import dataclasses
import enum
import json
import sys
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .signature import Signature


class Content(NamedTuple):
    """An answer that is not JSON."""

    content: bytes | bytearray | memoryview
    type: str
    name: str


def answer_of(signature: Signature, value: object) -> str | Content:
    """The answer as JSON text; as bytes where the method's hint says so. Raises TypeError."""
    usual = signature.output.types[0]
    if usual in ("application/json", "text/plain"):
        return _json(signature.name, value)
    return _content(signature.name, value, usual)


def _json(name: str, value: object) -> str:
    # Arrays are what most models return: as a list at once, not by way of the encoder's hook.
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        value = value.tolist()
    try:
        return json.dumps(value, default=plain, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"{name} returned what JSON does not have: {error}") from error


def plain(value: Any) -> object:
    """What JSON's encoder does not know as what it knows."""
    numpy, pandas, pydantic = (sys.modules.get(name) for name in ("numpy", "pandas", "pydantic"))
    if numpy is not None and isinstance(value, numpy.ndarray):
        return value.tolist()
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item()
    if pandas is not None and isinstance(value, pandas.DataFrame):
        # What is missing is null, as JSON has no nan.
        return value.astype(object).where(value.notna(), None).to_dict("records")
    if pandas is not None and isinstance(value, (pandas.Series, pandas.Index)):
        return value.tolist()
    if pydantic is not None and isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json") if hasattr(value, "model_dump") else json.loads(value.json())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, (set, frozenset)):
        return list(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    if hasattr(value, "tolist"):  # tensors
        return value.tolist()
    raise TypeError(f"a {type(value).__qualname__}")


def _content(name: str, value: Any, usual: str) -> Content:
    from ..data.codecs.files import is_path, read
    from .bodies import File

    if isinstance(value, (bytes, bytearray, memoryview)):
        return Content(value, usual, name)
    if isinstance(value, File):
        return Content(value.content, value.type, value.name)
    if is_path(value):
        file, kind, content = read(value, name)
        return Content(content, kind, file)
    pil = sys.modules.get("PIL.Image")
    if pil is not None and isinstance(value, pil.Image):
        import io

        buffer = io.BytesIO()
        value.save(buffer, "PNG")
        return Content(buffer.getbuffer(), "image/png", name)
    raise TypeError(f"{name} returned a {type(value).__qualname__}, not bytes")
