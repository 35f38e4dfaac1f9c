"""A step's function, from a file of the flow's folder."""

from __future__ import annotations

import importlib
import os
import sys

from .errors import StepCodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def load_function(folder: str, python: str, step: str) -> Callable[..., object]:
    """The function that ``train.py:fit`` names, in a file below ``folder``; that of the step's name where none is named.

    The file is imported as a module (``models/train.py`` as ``models.train``) and stays imported. Raises StepCodeError, and whatever the
    module raises.
    """
    file, _, name = python.partition(":")
    path = os.path.abspath(os.path.join(folder, file))
    inside = os.path.relpath(path, os.path.abspath(folder))
    if inside.startswith("..") or not inside.endswith(".py"):
        raise StepCodeError(f"The step {step} names the file {file}, which is no .py file in the flow's folder.", "Move it there.")
    if not os.path.isfile(path):
        raise StepCodeError(f"The step {step} is in the file {file}, which is not in {os.path.abspath(folder)}.", "Correct its name.")
    module = _import(os.path.abspath(folder), inside[:-3].replace(os.sep, "."), path, step)
    function = getattr(module, name or step, None)
    if not callable(function):
        raise StepCodeError(f"{file} has no function {name or step}, which the step {step} runs.", _near(name or step, module))
    return function  # type: ignore[no-any-return]


def _import(folder: str, name: str, path: str, step: str):  # type: ignore[no-untyped-def]
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        # One that the file itself imports is another matter.
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise _hidden(name, path, step) from error
    found = getattr(module, "__file__", None)
    if found is None or not os.path.samefile(found, path):
        problem = f"The step {step} is in {os.path.basename(path)}, but Python has another module named {name} ({found or 'built in'})."
        raise StepCodeError(problem, "Rename the file.")
    return module


def _hidden(name: str, path: str, step: str) -> StepCodeError:
    """Why Python does not find the module of a file that is there."""
    if "." in os.path.basename(path)[:-3]:
        return StepCodeError(f"The step {step} is in {os.path.basename(path)}, which Python cannot import: its name has a dot in it.", "Rename the file.")
    package = name.partition(".")[0]
    where = getattr(sys.modules.get(package), "__file__", None) or "built in"
    return StepCodeError(
        f"The step {step} is in the folder {package}, but Python has another package of that name ({where}).", "Rename the folder."
    )


def _near(name: str, module: object) -> str:
    from difflib import get_close_matches

    names = [known for known, value in vars(module).items() if callable(value) and not known.startswith("_")]
    near = get_close_matches(name, names, 1)
    return f"Did you mean {near[0]}?" if near else f"Define it: def {name}(flow): …"
