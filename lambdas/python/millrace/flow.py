"""What a step's function is given.

    def train(flow):
        flow.model = fit(flow.x, flow.y, alpha=flow.alpha)

    def join(flow, inputs):
        flow.best = max(inputs, key=lambda branch: branch.score).model
"""

from __future__ import annotations

from .data.artifacts import load_bytes
from .data.codecs import decode
from .task.errors import NoItemError, ReadOnlyError, UnknownArtifactError, UnsetInputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, NoReturn

    from .data.content import BlobStore
    from .metadata.records import Manifest
    from .task.artifacts import TaskArtifacts


class Current:
    """Which task runs: ``flow.current``."""

    __slots__ = ("flow", "run", "step", "task", "attempt", "path", "parameters", "tags")

    flow: str
    run: str
    step: str
    task: str
    """The task within its step: ``0``, or in foreachs its indices, as ``3.1``."""
    attempt: int
    """0 the first time."""
    path: str
    """The indices of the foreachs around the task, outermost first; ``""`` outside of any."""
    parameters: Mapping[str, object]
    tags: tuple[str, ...]

    def __init__(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise ReadOnlyError(self.step, f"flow.current.{name}")

    def __repr__(self) -> str:
        return f"<{self.flow}/{self.run}/{self.step}/{self.task}, attempt {self.attempt}>"


class Flow:
    """The artifacts and parameters of a task, as attributes.

    An artifact loads when it is touched. What the function assigns or changes in place is stored when it returns; ``del flow.x`` leaves an
    artifact unset. Parameters are only to read. An artifact that is not set raises UnsetArtifactError, which is an AttributeError:
    ``getattr(flow, "x", None)`` and ``hasattr(flow, "x")`` do what they do elsewhere.
    """

    __slots__ = ("_artifacts", "_item", "_index", "current")

    current: Current
    _artifacts: TaskArtifacts
    _index: int | None
    _item: Callable[[], Any] | None

    def __init__(
        self,
        artifacts: TaskArtifacts,
        current: Current,
        index: int | None = None,
        item: Callable[[], object] | None = None,
    ) -> None:
        for name, value in (("_artifacts", artifacts), ("current", current), ("_index", index), ("_item", item)):
            object.__setattr__(self, name, value)

    @property
    def input(self) -> Any:
        """The item of the foreach's iteration that the task is in."""
        if self._item is None:
            raise NoItemError(self.current.step, "input")
        value = self._item()
        # The same object each time, so that a step may change it for itself.
        object.__setattr__(self, "_item", lambda: value)
        return value

    @property
    def index(self) -> int:
        """The position of the item, from 0."""
        if self._index is None:
            raise NoItemError(self.current.step, "index")
        return self._index

    def __getattr__(self, name: str) -> Any:
        # Reached too when input or index raised an AttributeError.
        if name in ("input", "index") and self._index is None:
            raise NoItemError(self.current.step, name)
        if name.startswith("__"):
            raise AttributeError(name)
        return self._artifacts.get(name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("input", "index", "current"):
            raise ReadOnlyError(self.current.step, f"flow.{name}")
        self._artifacts.set(name, value)

    def __delattr__(self, name: str) -> None:
        self._artifacts.delete(name)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # What a copy sets, in another process say, would be lost.
        raise TypeError("a flow cannot be copied or sent to another process; hand over its values, as flow.x")

    def __dir__(self) -> list[str]:
        return [*self._artifacts.names, "current", "index", "input"]

    def __repr__(self) -> str:
        return f"<Flow {self.current!r}>"


class Input:
    """A task that a join joins: its artifacts and parameters, only to read."""

    __slots__ = ("_step", "_branch", "_refs", "_blobs", "_contents", "_values")

    _step: str
    _branch: str
    _refs: Manifest
    _blobs: BlobStore
    _contents: dict[str, bytes | bytearray]
    _values: dict[str, object]

    def __init__(self, step: str, branch: str, refs: Manifest, blobs: BlobStore) -> None:
        contents: dict[str, bytes | bytearray] = {}
        values: dict[str, object] = {}
        for name, value in zip(Input.__slots__, (step, branch, refs, blobs, contents, values)):
            object.__setattr__(self, name, value)

    def refs(self) -> Manifest:
        return self._refs

    def keep(self, name: str, content: bytes | bytearray) -> None:
        """What was fetched ahead of its first touch."""
        self._contents[name] = content

    def __getattribute__(self, name: str) -> Any:
        # An artifact may have any name, also that of a method.
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        values = self._values
        if name not in values:
            ref = self._refs.get(name)
            if ref is None:
                raise UnsetInputError(self._step, self._branch, name)
            content = self._contents.pop(name, None)
            values[name] = decode(ref["codec"], load_bytes(ref, self._blobs) if content is None else content)
        return values[name]

    def __setattr__(self, name: str, value: object) -> None:
        raise ReadOnlyError(self._step, f"{name} of its input {self._branch}")

    def __dir__(self) -> list[str]:
        return list(self._refs)

    def __repr__(self) -> str:
        return f"<Input {self._branch}: {', '.join(self._refs)}>"


class BranchInputs:
    """What the join of a split gets: the tasks that it joins, in the order of the branches, and each by its branch's name."""

    __slots__ = ("_step", "_inputs")

    def __init__(self, step: str, inputs: tuple[Input, ...]) -> None:
        self._step = step
        self._inputs = {joined._branch: joined for joined in inputs}

    def __iter__(self) -> Iterator[Input]:
        return iter(self._inputs.values())

    def __len__(self) -> int:
        return len(self._inputs)

    def __getattr__(self, name: str) -> Input:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._inputs:
            raise UnknownArtifactError(self._step, name, list(self._inputs))
        return self._inputs[name]

    def __dir__(self) -> list[str]:
        return list(self._inputs)

    def __repr__(self) -> str:
        return f"<inputs of {', '.join(self._inputs)}>"
