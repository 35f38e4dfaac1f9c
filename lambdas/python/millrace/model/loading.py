"""A service from its file."""

from __future__ import annotations

import importlib.util
import os
import re
import sys

from .errors import ModelError
from .service import ModelService

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def load_service(folder: str, file: str, name: str | None = None) -> ModelService:
    """The service that a file below ``folder`` has: an instance, packed or not, or its class.

    ``name``: that of its class, where the file has several. Raises ModelError, and whatever the file raises.
    """
    module = import_file(folder, file)
    # An instance comes before a class: it has models. What is imported from elsewhere is no service of the file's.
    instances = [value for value in vars(module).values() if isinstance(value, ModelService)]
    classes = [value for value in vars(module).values() if _is_service(value) and value.__module__ == module.__name__]
    found: dict[str, ModelService | type[ModelService]] = {kind.__name__: kind for kind in classes}
    found |= {type(one).__name__: one for one in instances}
    chosen = found.get(name) if name is not None else _only(found)
    if chosen is not None:
        return chosen() if isinstance(chosen, type) else chosen
    what = "no service" if not found else "several services" if name is None else f"no service {name}"
    fix = f"Name one: {' or '.join(f'{file}#{known}' for known in found)}." if found else "Write one: class IrisClassifier(ModelService): …"
    raise ModelError("SERVICE_FILE", f"{file} has {what}.", fix)


def import_file(folder: str, file: str) -> ModuleType:
    """Imports ``models/iris.py`` as ``models.iris``, so that its neighbours can be imported too. Raises ModelError, and whatever it raises."""
    path = os.path.join(folder, file)
    if not os.path.isfile(path):
        raise ModelError("SERVICE_FILE", f"There is no file {path}.", "Correct its name.")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = os.path.splitext(file)[0].replace(os.sep, ".")
    known = sys.modules.get(name)
    if known is not None and _is_file(known, path):
        return known
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise ModelError("SERVICE_FILE", f"{path} is no file that a service is written in.", "Give a .py file.")
    module = importlib.util.module_from_spec(specification)
    # What another file of the same name has been imported as stays: classes that were pickled from it name it.
    sys.modules.setdefault(name, module)
    try:
        specification.loader.exec_module(module)
    except BaseException:
        if sys.modules.get(name) is module:
            del sys.modules[name]
        raise
    return module


def own_files(folder: str) -> list[str]:
    """The ``.py`` files below ``folder`` that have been imported, relative to it; those of this package are not the service's."""
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    inside = [os.path.relpath(file, folder) for file in files if file and file.startswith(folder + os.sep) and file.endswith(".py")]
    return sorted(file for file in inside if not re.match(r"millrace/|.*(?:site|dist)-packages/", file))


def _is_service(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, ModelService) and value is not ModelService


def _is_file(module: ModuleType, path: str) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and os.path.exists(file) and os.path.samefile(file, path)


def _only(found: dict[str, ModelService | type[ModelService]]) -> ModelService | type[ModelService] | None:
    """The one that there is; of several the one that is the base of none and a part of none."""
    if len(found) == 1:
        return next(iter(found.values()))
    instances = [one for one in found.values() if not isinstance(one, type)]
    if len(instances) == 1:
        return instances[0]
    classes = [one if isinstance(one, type) else type(one) for one in found.values()]
    used = {type(part) for kind in classes for part in vars(kind).values() if isinstance(part, ModelService)}
    used |= {base for kind in classes for base in kind.__mro__[1:]}
    left = [one for one, kind in zip(found.values(), classes) if kind not in used]
    return left[0] if len(left) == 1 else None
