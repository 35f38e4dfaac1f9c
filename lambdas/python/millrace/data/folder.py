"""Blobs in a folder."""

from __future__ import annotations

import errno
import hashlib
import os

from ..parallel import in_order
from .content import identify, pack, path_of, unpack
from .errors import BlobMissingError, StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..metadata.records import ArtifactRef, Blob
    from .content import Bytes

_ADVICE = {
    errno.EACCES: ("permission is denied", "Give the user that runs it write access to the folder, or name another store."),
    errno.EPERM: ("permission is denied", "Give the user that runs it write access to the folder, or name another store."),
    errno.EROFS: ("the file system is read-only", "Name a store in a folder that can be written to."),
    errno.ENOSPC: ("the disk is full", "Free space on the disk, or name a store on another one."),
    errno.EDQUOT: ("the disk quota is used up", "Free space, or name a store on another disk."),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "Move the file away, or name another store."),
    errno.EMFILE: ("the process has too many open files", "Raise the limit with `ulimit -n`, or run fewer tasks at a time."),
}

_PIECE = 8 * 1024 * 1024


class FolderBlobStore:
    """Blobs below ``<root>/blobs/ab/cdef…``.

    A file appears under its name only when it is complete, so that a process that is killed leaves at most a temporary file.
    """

    def __init__(self, root: str) -> None:
        self._root = os.path.join(root, "blobs")

    def put(self, content: Bytes) -> Blob:
        blob = identify(content)
        file = self._file(blob)
        try:
            if not _is_stored(file, blob):
                _write(file, pack(blob, content))
        except OSError as error:
            raise _explained(error, file) from error
        return blob

    def get(self, blob: Blob | ArtifactRef) -> bytes | bytearray:
        file = self._file(blob)
        try:
            stored, digest = _read(file)
        except FileNotFoundError as error:
            raise BlobMissingError(file) from error
        except OSError as error:
            raise _explained(error, file) from error
        return unpack(blob, stored, file, digest)

    def _file(self, blob: Blob | ArtifactRef) -> str:
        return os.path.join(self._root, path_of(blob))


def _is_stored(file: str, blob: Blob) -> bool:
    """A machine that lost power may have kept a file's name without its content: such a file is written again."""
    try:
        size = os.stat(file).st_size
    except FileNotFoundError:
        return False
    return size > 0 if "compression" in blob else size == blob["size"]


def _write(file: str, content: Bytes) -> None:
    temporary = f"{file}.{os.urandom(6).hex()}.tmp"
    try:
        target = open(temporary, "xb")
    except FileNotFoundError:
        os.makedirs(os.path.dirname(file), exist_ok=True)
        target = open(temporary, "xb")
    try:
        with target:
            target.write(content)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise


def _read(file: str) -> tuple[bytearray, str]:
    """Into memory that may be written to: an array that is a view of it can then be changed in place. With its SHA-256 in hex.

    One piece is hashed while the operating system reads the next: a large file takes as long as the slower of the two.
    """
    digest = hashlib.sha256()
    with open(file, "rb", buffering=0) as source:
        content = bytearray(os.fstat(source.fileno()).st_size)
        view, done = memoryview(content), 0
        with in_order(digest.update, background=len(content) > _PIECE) as hashing:
            while done < len(content):
                count = source.readinto(view[done : done + _PIECE])
                if not count:
                    break
                hashing(view[done : done + count])
                done += count
    view.release()
    return content if done == len(content) else content[:done], digest.hexdigest()


def _explained(error: OSError, file: str) -> StoreError:
    problem, fix = _ADVICE.get(error.errno or 0, (str(error), "Check the folder, or name another store."))
    return StoreError(f"The store cannot use {file}: {problem}.", fix)
