"""A service: its artifacts are models, its methods with ``@api`` are what can be asked of it."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, TypeVar, overload

from .errors import ModelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypedDict

    class BatchOptions(TypedDict, total=False):
        """``max_size``: rows of one call, 100 by default. ``max_latency``: how long a request may wait for its call, ``"100 ms"`` by default."""

        max_size: int
        max_latency: str

    Method = TypeVar("Method", bound=Callable[..., Any])

Service = TypeVar("Service", bound="ModelService")

_MARK = "__millrace_api__"


class Artifact:
    """A field that has no value before one is packed."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:
        if instance is None:
            return self
        raise NotPackedError(owner.__name__, self.name)


def artifact() -> Any:
    """Declares a model: ``model: SVC = artifact()``."""
    return Artifact()


class NotPackedError(ModelError, AttributeError):
    """A model was used that has no value."""

    def __init__(self, service: str, field: str) -> None:
        fix = f'Give it one: .pack("{field}", …), or --model {field}=MODEL with a model of the store.'
        super().__init__("NOT_PACKED", f"{service} has no value for {field}.", fix)


class Context:
    """What a method gets of the request that it answers, where it has a parameter of this type."""

    __slots__ = ("cancelled",)

    def __init__(self) -> None:
        self.cancelled = False
        """Whether nobody waits for the answer any more: after the time-out, or when a job is cancelled. Look at it in long loops."""


class ModelService:
    """The base of services.

        class IrisClassifier(ModelService):
            model = artifact()

            @api(batch={"max_size": 100, "max_latency": "20 ms"})
            def predict(self, rows: list[list[float]]) -> list[int]:
                return self.model.predict(rows)

    A field that is itself a service is a part of it, with models of its own: ``scaler = Scaler()``. Methods that are ``async`` run side by side;
    the others one at a time, or in as many threads as ``threads`` says.
    """

    threads: ClassVar[int] = 1
    """How many calls of methods that are not ``async`` run at a time."""

    requirements: ClassVar[Sequence[str] | str | None] = None
    """The packages that it needs, as pip takes them, or the name of a requirements file; a literal. Default: those of the Python that runs it."""

    python_version: ClassVar[str | None] = None
    """Such as ``"3.13"``; a literal. Default: that of the interpreter."""

    def __new__(cls: type[Service], *arguments: object, **named: object) -> Service:
        service = super().__new__(cls)
        for name, value in _declared(cls):
            if isinstance(value, ModelService):
                # A class's part belongs to all of its instances; each has one of its own.
                vars(service)[name] = _fresh(value)
        return service

    def on_startup(self) -> None:
        """Called once before the first request, when the models are there. What it raises keeps the server from being ready. May be ``async``."""

    def on_shutdown(self) -> None:
        """Called once after the last answer. May be ``async``."""

    def pack(self: Service, name: str, value: object) -> Service:
        """Gives the service a model. Raises ModelError where it has no such field."""
        known = model_names(self)
        if name not in known:
            fix = f"It has {', '.join(known)}." if known else "Declare it as a field: model = artifact()."
            raise ModelError("MODEL_NAME", f'{type(self).__name__} has no model "{name}".', fix)
        setattr(self, name, value)
        return self

    def save(self, path: str | None = None) -> str:
        """Writes the service with its models as a bundle, by the command ``millrace``; returns the folder.

        ``path``: the service's name in kebab-case by default, in the current folder. A bundle that is there is replaced; any other folder
        is not. The class must be in a file. Raises ModelError.
        """
        from .saving import save_bundle

        return save_bundle(self, path)


@overload
def api(method: Method) -> Method: ...
@overload
def api(
    *,
    batch: BatchOptions | None = None,
    timeout: str | None = None,
    max_concurrency: int | None = None,
    max_body: str | None = None,
) -> Callable[[Method], Method]: ...
def api(method: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Makes a method an API of its service: its hints say what a request's body must be, and what an answer is.

    A method with one parameter gets the body as it is; with several, the body is an object of them. ``batch`` puts the rows of several
    requests into one call: input and output are then lists, arrays or tables with an element for each row. Further options and their
    defaults: ``timeout`` ``"60 s"`` (504 after it), ``max_concurrency`` 1,024 (429 above it), ``max_body`` ``"20 MiB"`` (413 above it).
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        setattr(method, _MARK, options)
        return method

    return decorate if method is None else decorate(method)


def apis_of(service: type[ModelService]) -> dict[str, Mapping[str, Any]]:
    """The options of all APIs by name, in the order of declaration, inherited ones first. Raises ModelError."""
    apis: dict[str, Mapping[str, Any]] = {}
    for name, value in _declared(service):
        options = getattr(value, _MARK, None)
        if options is not None:
            apis[name] = options
        elif name in apis:
            raise ModelError("SERVICE", f"{service.__name__}.{name} overrides an API, but has no @api.", f"Put @api before {name}.")
    if not apis:
        raise ModelError("SERVICE", f"{service.__name__} has no API.", "Put @api before a method.")
    return apis


def model_names(service: ModelService) -> list[str]:
    """The fields that are models: those declared by ``artifact()``."""
    return list(dict.fromkeys(name for name, value in _declared(type(service)) if isinstance(value, Artifact)))


def with_parts(service: ModelService, path: str = "") -> Iterator[tuple[str, ModelService]]:
    """A service and its parts, innermost first, each with its path: ``""``, ``iris``, ``iris.scaler``."""
    for name, part in vars(service).items():
        if isinstance(part, ModelService):
            yield from with_parts(part, f"{path}.{name}" if path else name)
    yield path, service


def models_of(service: ModelService) -> Iterator[tuple[str, ModelService, str]]:
    """All models of a service and its parts: the path, whose it is, and the field."""
    for path, part in with_parts(service):
        for name in model_names(part):
            yield f"{path}.{name}" if path else name, part, name


def _declared(service: type) -> Iterator[tuple[str, Any]]:
    for base in reversed(service.__mro__):
        if base not in (object, ModelService):
            yield from vars(base).items()


def _fresh(service: Service) -> Service:
    made = copy.copy(service)
    for name, part in vars(service).items():
        if isinstance(part, ModelService):
            vars(made)[name] = _fresh(part)
    return made
