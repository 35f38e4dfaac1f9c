"""What no other codec can write, by pickle: opaque in TypeScript, with its Python type shown.

A pickle runs code when it is read: a store is as trusted as the code of the flows that write to it.
"""

from __future__ import annotations

import io
import pickle
from types import ModuleType

from ..errors import DecodeError, EncodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from . import Encoded

# Of Python 3.8 and later, so that steps with different Pythons can hand objects on.
_PROTOCOL = 5


def encode(value: object, at: str) -> Encoded:
    buffer = io.BytesIO()
    try:
        pickle.Pickler(buffer, _PROTOCOL).dump(value)
    except Exception as error:
        path, culprit, reason = _find(value, at, error)
        problem = f"is a {type_name(culprit)}, which cannot be pickled: {reason}"
        fix = "Keep it in a variable of the step, or store what it is made from and make it again in the step that needs it."
        raise EncodeError(path, problem, fix) from error
    return "pickle", type_name(value), buffer.getbuffer()


def decode(content: bytes | bytearray) -> object:
    try:
        return pickle.loads(content)
    except ModuleNotFoundError as error:
        fix = f"Add the package that has {error.name} to the requirements of the step that reads it."
        raise DecodeError("pickle", f"there is no module {error.name}", fix) from error
    except Exception as error:
        fix = "Read it with the packages, in their versions, with which it was written."
        raise DecodeError("pickle", f"{type(error).__name__}: {error}".rstrip("."), fix) from error


def type_name(value: object) -> str:
    """The type with its public module: ``sklearn.svm.SVC``, where it is defined in ``sklearn.svm._classes``."""
    kind = type(value)
    module = kind.__module__
    if module in ("builtins", "__main__"):
        return kind.__qualname__
    public = ".".join(part for part in module.split(".") if not part.startswith("_"))
    import sys

    def has(name: str) -> bool:
        # Its namespace, since a module's own __getattr__ may warn or import.
        return getattr(sys.modules.get(name), "__dict__", {}).get(kind.__qualname__) is kind

    shown = public if has(public) else module
    root = module.partition(".")[0]
    # pandas.core.frame.DataFrame is known as pandas.DataFrame.
    if has(root):
        shown = root
    return f"{shown}.{kind.__qualname__}"


def _find(value: object, at: str, error: Exception) -> tuple[str, object, str]:
    """The innermost part of a value that cannot be pickled, and why."""
    seen: set[int] = set()
    while id(value) not in seen:
        seen.add(id(value))
        for path, part in _parts(value, at):
            problem = _problem(part)
            if problem is not None:
                at, value, error = path, part, problem
                break
        else:
            break
    return at, value, str(error).strip().rstrip(".") or type(error).__name__


def _problem(value: object) -> Exception | None:
    try:
        pickle.dumps(value, _PROTOCOL)
    except Exception as error:
        return error
    return None


def _parts(value: object, at: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield f"{at}[{key!r}]", part
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            yield f"{at}[{index}]", part
    elif isinstance(value, (set, frozenset)):
        for part in value:
            yield f"{at}{{{part!r}}}", part
    elif not isinstance(value, (type, ModuleType)) and hasattr(value, "__dict__"):
        for name, part in vars(value).items():
            yield f"{at}.{name}", part
