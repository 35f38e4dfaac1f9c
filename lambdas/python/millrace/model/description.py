"""A service as a document: what the server checks requests by."""

from __future__ import annotations

from .service import NotPackedError, apis_of, models_of
from .signature import Signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .service import ModelService
    from .signature import Media

_NAMES = {"batch": "batch", "timeout": "timeout", "max_concurrency": "maxConcurrency", "max_body": "maxBody"}
_BATCH_NAMES = {"max_size": "maxSize", "max_latency": "maxLatency"}


def describe(service: ModelService) -> dict[str, Any]:
    """Name, APIs with their options and schemas, and models, packed or not. Raises ModelError."""
    kind = type(service)
    apis = [{"name": name, **_described(Signature(kind, name)), "options": _options(options)} for name, options in apis_of(kind).items()]
    models = [{"name": path, "isPacked": is_packed(owner, field)} for path, owner, field in models_of(service)]
    return {"name": kind.__name__, "apis": apis, "models": models}


def is_packed(service: ModelService, field: str) -> bool:
    try:
        getattr(service, field)
    except NotPackedError:
        return False
    return True


def _described(signature: Signature) -> dict[str, Any]:
    return {"input": _body(signature.input), "output": _body(signature.output)}


def _body(media: Media) -> dict[str, Any]:
    return {"types": list(media.types), "schema": media.taken.schema}


def _options(options: Any) -> dict[str, Any]:
    """With the names of the TypeScript side, which checks them."""
    given = {_NAMES[name]: value for name, value in options.items() if value is not None}
    if "batch" in given:
        given["batch"] = {_BATCH_NAMES.get(name, name): value for name, value in given["batch"].items()}
    return given
