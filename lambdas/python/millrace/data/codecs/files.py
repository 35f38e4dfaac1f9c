"""Files: a line of JSON with the name and the media type, then the content. In Python a file is a ``pathlib.Path``."""

from __future__ import annotations

import json
import sys

from ..errors import DecodeError, EncodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from . import Encoded

_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".gif": "image/gif",
    ".html": "text/html",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".zip": "application/zip",
}


def is_path(value: object) -> bool:
    """Whether the value is a pathlib.Path; without importing pathlib, which takes a while."""
    pathlib = sys.modules.get("pathlib")
    return pathlib is not None and isinstance(value, pathlib.Path)


def read(path: Path, at: str) -> tuple[str, str, bytes]:
    """A file's name, media type and content. Raises EncodeError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        fix = "Write the file before the step returns, and give its right path; for the path alone store str(path)."
        raise EncodeError(at, f"is a path to {path}, which cannot be read as a file: {reason}", fix) from error
    return path.name, _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"), content


def write(name: str, content: bytes | bytearray | memoryview) -> Path:
    """A temporary file of that name; it goes when the process ends."""
    from pathlib import Path
    from tempfile import mkdtemp

    path = Path(mkdtemp(prefix="file-", dir=_temporary_folder()), _name_only(name))
    path.write_bytes(content)
    return path


def encode(value: object, at: str) -> Encoded | None:
    if not is_path(value):
        return None
    name, kind, content = read(value, at)  # type: ignore[arg-type]
    head = json.dumps({"name": name, "type": kind}, ensure_ascii=False, separators=(",", ":"))
    return "file", f"File({name})", head.encode() + b"\n" + content


def decode(content: bytes | bytearray) -> object:
    end = content.find(b"\n")
    try:
        head = json.loads(bytes(content[:end]))
        return write(str(head["name"]), memoryview(content)[end + 1 :])
    except (ValueError, KeyError, TypeError) as error:
        raise DecodeError("file", "its first line is not the JSON that names the file") from error


def _name_only(name: str) -> str:
    """Names come out of the store: none may lead out of the temporary folder."""
    last = name.replace("\\", "/").split("/")[-1].replace("\0", "")
    return "file" if last in ("", ".", "..") else last


_folder: str | None = None


def _temporary_folder() -> str:
    global _folder
    if _folder is None:
        import atexit
        import shutil
        from tempfile import mkdtemp

        _folder = mkdtemp(prefix="millrace-")
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    return _folder
