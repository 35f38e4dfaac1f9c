"""A bundle in this process, and its server."""

from __future__ import annotations

import hashlib
import json
import os
import sys

from .errors import ModelError
from .service import with_parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .service import ModelService


def read_manifest(folder: str) -> dict[str, Any]:
    """Raises ModelError where there is none of a service in Python."""
    file = os.path.join(folder, "millrace-bundle.json")
    try:
        with open(file, encoding="utf-8") as content:
            manifest = json.load(content)
    except (OSError, ValueError) as error:
        raise ModelError("BUNDLE_MANIFEST", f"{file} cannot be read: {error}.", "Make the bundle again.") from error
    if "python" not in manifest:
        raise ModelError("BUNDLE_MANIFEST", f"The bundle in {folder} is of no service in Python.", "npm pack makes a package of it.")
    return manifest  # type: ignore[no-any-return]


def load_bundle(folder: str) -> ModelService:
    """The service with its models, started. Its shutdown hooks are called when the process ends. Raises ModelError."""
    import atexit

    from ..data.codecs import decode
    from .loading import load_service
    from .requirements import check

    manifest = read_manifest(folder)
    check(manifest["python"]["requirements"])
    code = os.path.join(folder, "python")
    service = load_service(code, manifest["python"]["file"], manifest["service"])
    owners = dict(with_parts(service))
    for model in manifest["models"]:
        content = _verified(folder, model["file"], manifest["files"][model["file"]]["sha256"])
        path, _, field = model["name"].rpartition(".")
        owners[path].pack(field, decode(model["codec"], content))
    for part in owners.values():
        _complete(part.on_startup())
    for part in owners.values():
        atexit.register(lambda part=part: _complete(part.on_shutdown()))
    return service


def serve_bundle(folder: str) -> None:
    """Becomes the bundle's server, with the arguments of this process."""
    from shutil import which

    node = which("node")
    if node is None:
        print("error: The server runs in Node, which is not here.\n  fix: Install Node 22.18 or later.", file=sys.stderr)
        raise SystemExit(1)
    os.environ["MILLRACE_PYTHON"] = sys.executable
    os.execv(node, [node, os.path.join(folder, "server.mjs"), *sys.argv[1:]])


def _verified(folder: str, name: str, expected: str) -> bytes:
    file = os.path.join(folder, name)
    with open(file, "rb") as content:
        found = content.read()
    digest = hashlib.sha256(found).hexdigest()
    if digest != expected:
        raise ModelError("BUNDLE_CHANGED", f"{file} was changed: its SHA-256 is {digest}, not {expected}.", "Install the package again.")
    return found


def _complete(result: object) -> None:
    import inspect

    if inspect.iscoroutine(result):
        import asyncio

        asyncio.run(result)
