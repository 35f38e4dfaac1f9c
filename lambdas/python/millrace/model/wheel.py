"""What makes a wheel of a bundle, as PEP 517 has it: the bundle's ``pyproject.toml`` names this module, so that pip fetches nothing.

The wheel is a package with the whole bundle in it, and a command of the bundle's name that serves it. The same bundle gives the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from base64 import urlsafe_b64encode

from .bundle import read_manifest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# zip has no earlier one.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: str | None = None) -> str:
    """Writes the wheel of the bundle in the current folder; returns its name."""
    folder = os.getcwd()
    manifest = read_manifest(folder)
    package = manifest["name"].replace("-", "_")
    version = _version(manifest["version"])
    files = {f"{package}/{name}": _content(os.path.join(folder, name)) for name in [*manifest["files"], "millrace-bundle.json"]}
    files[f"{package}/__init__.py"] = _module(manifest).encode()
    files[f"{package}/py.typed"] = b""
    info = f"{package}-{version}.dist-info"
    files |= {f"{info}/{name}": text.encode() for name, text in _information(manifest, package, version).items()}
    record = f"{info}/RECORD"
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in sorted(files.items())]
    files[record] = ("\n".join([*lines, f"{record},,"]) + "\n").encode()
    name = f"{package}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for file, content in files.items():
            entry = zipfile.ZipInfo(file, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, content)
    return name


def _information(manifest: dict[str, Any], package: str, version: str) -> dict[str, str]:
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {manifest['name']}",
        f"Version: {version}",
        f"Summary: {manifest['service']}, a model service.",
        "Requires-Python: >=3.10",
        *(f"Requires-Dist: {requirement}" for requirement in manifest["python"]["requirements"]),
    ]
    return {
        "METADATA": "\n".join(metadata) + "\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: millrace\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": f"[console_scripts]\n{manifest['name']} = {package}:serve\n",
    }


def _module(manifest: dict[str, Any]) -> str:
    service = manifest["service"]
    module = os.path.splitext(manifest["python"]["file"])[0].replace("/", ".")
    return f'''"""{service}, a model service."""

from __future__ import annotations

import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))
try:
    import millrace.model
except ImportError:
    sys.path.append(os.path.join(_FOLDER, "python"))

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .python.{module} import {service}


def load() -> {service}:
    """Reads the models and starts the service in this process."""
    from millrace.model.bundle import load_bundle

    return load_bundle(_FOLDER)  # type: ignore[return-value]


def serve() -> None:
    """Serves it over HTTP by Node: the command {manifest["name"]}."""
    from millrace.model.bundle import serve_bundle

    serve_bundle(_FOLDER)
'''


def _version(version: str) -> str:
    """npm's versions as Python has them: ``0.0.0-h1f`` is ``0.0.0+h1f``."""
    release, _, rest = version.partition("-")
    return f"{release}+{re.sub(r'[^A-Za-z0-9]+', '.', rest)}" if rest else release


def _digest(content: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
