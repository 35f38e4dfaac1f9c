"""A service's models as files, and its bundle by the command ``millrace``."""

from __future__ import annotations

import os

from ..data.codecs import encode
from .errors import ModelError
from .service import ModelService, models_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import TypedDict

    class SavedModel(TypedDict):
        name: str
        file: str
        codec: str
        type: str


def write_models(service: ModelService, folder: str, known: Container[str] = ()) -> list[SavedModel]:
    """Writes each model as a file of its path's name, but those that are ``known``. Raises EncodeError."""
    saved: list[SavedModel] = []
    for path, owner, field in models_of(service):
        if path in known:
            continue
        codec, kind, content = encode(getattr(owner, field), path)
        file = os.path.join(folder, path)
        with open(file, "wb") as target:
            target.write(content)
        saved.append({"name": path, "file": file, "codec": codec, "type": kind})
    return sorted(saved, key=lambda model: model["name"])


def save_bundle(service: ModelService, path: str | None) -> str:
    """Raises ModelError where there is no command, or it fails."""
    import json
    import subprocess
    import sys
    from tempfile import TemporaryDirectory

    file = _declaring_file(service)
    with TemporaryDirectory(prefix="millrace-") as folder:
        models = os.path.join(folder, ".models.json")
        with open(models, "w", encoding="utf-8") as listed:
            json.dump(write_models(service, folder), listed)
        target = [f"{file}#{type(service).__name__}", *(["--output", path] if path is not None else [])]
        command = [*_command(), "bundle", *target, "--model-files", models, "--json"]
        environment = {**os.environ, "MILLRACE_PYTHON": sys.executable}
        finished = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if finished.returncode != 0:
        raise _told(finished.stdout, finished.stderr)
    return str(json.loads(finished.stdout)["folder"])


def _told(output: str, errors: str) -> ModelError:
    """The command's error as one of this side."""
    import json

    try:
        told = json.loads(output)["error"]
        return ModelError(told["code"], told["message"], told.get("fix"))
    except (ValueError, KeyError, TypeError):
        return ModelError("BUNDLE", f"The bundle was not written:\n{errors.strip() or output.strip()}")


def _declaring_file(service: ModelService) -> str:
    import inspect
    import sys

    kind = type(service)
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    if file is None or not os.path.isfile(file):
        fix = "Write it to a file, such as service.py, and import it from there: a bundle has the service's code."
        raise ModelError("SERVICE", f"{kind.__name__} is in no file.", fix)
    return os.path.abspath(inspect.getfile(kind))


def _command() -> list[str]:
    """Beside this package, which the npm package carries; of a project around the current folder; on the path."""
    from shutil import which

    node = which("node")
    package = os.path.abspath(__file__)
    for _ in range(5):
        package = os.path.dirname(package)
    script = os.path.join(package, "bin", "millrace.js")
    if node is not None and os.path.isfile(script):
        return [node, script]
    folder = os.getcwd()
    while folder != os.path.dirname(folder):
        local = os.path.join(folder, "node_modules", ".bin", "millrace")
        if os.path.isfile(local):
            return [local]
        folder = os.path.dirname(folder)
    found = which("millrace")
    if found is not None:
        return [found]
    raise ModelError("COMMAND_MISSING", "A bundle is written by the command millrace, which is not here.", "Install Node 24 and: npm install millrace")
