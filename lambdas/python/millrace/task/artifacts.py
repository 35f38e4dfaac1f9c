"""The artifacts of one task."""

from __future__ import annotations

import hashlib
import sys

from ..data.artifacts import InlineBudget, inline_ref, load_artifact, load_bytes, put_ref
from ..data.codecs import decode, encode, npy, tables
from ..parallel import in_parallel
from .errors import ParameterWriteError, UndeclaredArtifactError, UnknownArtifactError, UnsetArtifactError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from ..data.codecs import Encoded
    from ..data.content import BlobStore
    from ..metadata.records import ArtifactRef, Manifest
    from .protocol import StepContext

_CONCURRENCY = 16
# What cannot be changed in place.
_PRIMITIVES = frozenset((type(None), bool, int, float, str, bytes))


class _Cell:
    """``stored``: not decoded yet. ``read``: handed out, so that it may have been changed in place.

    ``content``: what was fetched, while it is not decoded yet, or while the value is a view of it.
    """

    __slots__ = ("name", "ref", "content", "state", "value")

    def __init__(self, name: str, ref: ArtifactRef | None) -> None:
        self.name = name
        self.ref = ref
        self.content: bytes | bytearray | None = None
        self.state: Literal["unset", "stored", "read", "assigned"] = "unset" if ref is None else "stored"
        self.value: object = None


class TaskArtifacts:
    """Loaded when they are touched, and stored again only where they were assigned or changed in place."""

    def __init__(
        self,
        context: StepContext,
        blobs: BlobStore,
        manifest: Manifest,
        conflicts: dict[str, list[str]] | None = None,
    ) -> None:
        self._step = context["step"]
        self._blobs = blobs
        self._conflicts = conflicts or {}
        self._parameters = frozenset(context["parameters"])
        names = dict.fromkeys([*context["artifacts"], *context["parameters"], *manifest])
        self._cells = {name: _Cell(name, manifest.get(name)) for name in names}

    @property
    def names(self) -> list[str]:
        return list(self._cells)

    def prefetch(self, names: list[str] | Literal["all"]) -> None:
        """Fetches in parallel what the step will read, as far as it is known. Decoding waits for the first touch: it may need a package that
        only other steps have."""
        wanted = self._cells.values() if names == "all" else [self._cells[name] for name in names if name in self._cells]

        def fetch(cell: _Cell) -> None:
            assert cell.ref is not None
            cell.content = load_bytes(cell.ref, self._blobs)

        in_parallel(fetch, [cell for cell in wanted if cell.ref is not None and "inline" not in cell.ref], _CONCURRENCY)

    def get(self, name: str) -> object:
        cell = self._cells.get(name)
        if cell is None:
            raise UnknownArtifactError(self._step, name, self.names)
        if cell.state == "unset":
            raise UnsetArtifactError(self._step, name, self._conflicts.get(name))
        if cell.state == "stored":
            assert cell.ref is not None
            content = cell.content if cell.content is not None else load_bytes(cell.ref, self._blobs)
            cell.value, cell.state = decode(cell.ref["codec"], content), "read"
            cell.content = content if cell.ref["codec"] in npy.CODECS else None
        return cell.value

    def set(self, name: str, value: object) -> None:
        cell = self._writable(name)
        cell.value, cell.state = value, "assigned"

    def delete(self, name: str) -> None:
        """Leaves the artifact unset."""
        cell = self._writable(name)
        cell.value, cell.ref, cell.state = None, None, "unset"

    def collect(self) -> Manifest:
        """Encodes and stores what the step assigned or changed in place; answers with all that is visible after it."""
        manifest: Manifest = {}
        changed: list[tuple[str, Encoded]] = []
        for cell in self._cells.values():
            encoded = self._changed(cell)
            if encoded is not None and cell.name in self._parameters:
                raise ParameterWriteError(self._step, cell.name)
            if encoded is not None:
                changed.append((cell.name, encoded))
                _tell(cell, encoded)
            elif cell.ref is not None:
                manifest[cell.name] = cell.ref
        budget = InlineBudget(manifest)
        large: list[tuple[str, Encoded]] = []
        for name, encoded in changed:
            ref = inline_ref(encoded, budget)
            if ref is None:
                large.append((name, encoded))
            else:
                manifest[name] = ref

        def put(entry: tuple[str, Encoded]) -> None:
            manifest[entry[0]] = put_ref(entry[1], self._blobs)

        in_parallel(put, large, _CONCURRENCY)
        return manifest

    def _writable(self, name: str) -> _Cell:
        if name in self._parameters:
            raise ParameterWriteError(self._step, name)
        cell = self._cells.get(name)
        if cell is None:
            raise UndeclaredArtifactError(self._step, name, [known for known in self._cells if known not in self._parameters])
        return cell

    def _changed(self, cell: _Cell) -> Encoded | None:
        """The value as bytes, where it is another one than before."""
        at = f"flow.{cell.name}"
        if cell.state == "assigned":
            return encode(cell.value, at)
        if cell.state != "read" or type(cell.value) in _PRIMITIVES:
            return None
        assert cell.ref is not None
        encoded = (npy.encode_view(cell.value, cell.content, at) if cell.content is not None else None) or encode(cell.value, at)
        if encoded[0] == cell.ref["codec"] and hashlib.sha256(encoded[2]).hexdigest() == cell.ref["hash"]:
            return None
        # Another language, or another version of a package, may write the same value in other bytes.
        unchanged = encode(load_artifact(cell.ref, self._blobs), at)
        return None if unchanged[0] == encoded[0] and unchanged[2] == encoded[2] else encoded


def _tell(cell: _Cell, encoded: Encoded) -> None:
    """A table that TypeScript will not be able to read is no error, since it may not have to."""
    why = tables.pickled_frame(cell.value) if encoded[0] == "pickle" else None
    if why is not None:
        print(f"flow.{cell.name} {why}", file=sys.stderr)
