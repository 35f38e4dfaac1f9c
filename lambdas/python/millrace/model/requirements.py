"""The packages that a service needs, with the versions that are installed."""

from __future__ import annotations

import ast
import os
import re
import sys

from .errors import ModelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What a codec reads with.
_CODECS = {"npy": "numpy", "tensor": "numpy", "arrow": "pyarrow", "xgboost": "xgboost", "lightgbm": "lightgbm", "torch": "torch", "torchscript": "torch"}


def pinned(folder: str, files: Iterable[str], models: Iterable[tuple[str, bytes]]) -> list[str]:
    """``name==version`` of each package that the files import or that a model is made of, and of what those packages need.

    ``models``: each one's codec and bytes.
    """
    from importlib import metadata

    homes = metadata.packages_distributions()
    roots = {*_imports(folder, files), *(root for codec, content in models for root in _modules(codec, content))}
    wanted = [name for root in roots for name in homes.get(root, ())]
    pins: dict[str, str] = {}
    while wanted:
        name = _normal(wanted.pop())
        if name in pins or name == "millrace":
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # needed on other systems only
            continue
        pins[name] = _public(distribution.version)
        # What an extra asks for was not asked for.
        wanted += [_name(need) for need in distribution.requires or () if "extra ==" not in need]
    return [f"{name}=={pins[name]}" for name in sorted(pins)]


def check(requirements: Iterable[str]) -> None:
    """Raises ModelError where one is not installed; tells of another version, which may do as well. Options of pip are passed over."""
    from importlib import metadata

    missing, others = [], []
    for requirement in requirements:
        name, exact = _name(requirement), re.search(r"==\s*([\w.!+-]+)(?![\w.*])", requirement)
        if name == "" or name.startswith("-") or "://" in requirement or ";" in requirement:
            continue
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(requirement)
            continue
        if exact is not None and _public(found) != exact[1]:
            others.append(f"{name} {found}, not {exact[1]}")
    if missing:
        fix = f"{sys.executable} -m pip install -r requirements.txt, or name a Python that has them by MILLRACE_PYTHON."
        raise ModelError("PYTHON_PACKAGE", f"The service needs {', '.join(missing)}, which {sys.executable} does not have.", fix)
    if others:
        print(f"The bundle was made with other packages: there is {', '.join(others)}.", file=sys.stderr)


def _imports(folder: str, files: Iterable[str]) -> Iterator[str]:
    """What the files import anywhere, as within a method."""
    for file in files:
        with open(os.path.join(folder, file), "rb") as source:
            tree = ast.parse(source.read())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
                yield node.module.partition(".")[0]


def _modules(codec: str, content: bytes) -> set[str]:
    """What reading a model imports."""
    if codec != "pickle":
        return {_CODECS[codec]} if codec in _CODECS else set()
    import io
    import pickle

    found: set[str] = set()

    class Recorder(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> object:
            found.add(module.partition(".")[0])
            return super().find_class(module, name)

    Recorder(io.BytesIO(content)).load()
    return found


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _public(version: str) -> str:
    """Without what a system's packager has added: no index has ``4.0.2+dfsg``."""
    return version.partition("+")[0]
