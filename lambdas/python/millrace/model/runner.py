"""A model by itself, for services in TypeScript: whatever Python has fitted, asked by its methods."""

from __future__ import annotations

import sys
from typing import Any

from ..data.codecs import json_codec
from ..data.codecs.json_tags import Map
from .answers import plain
from .bodies import File
from .service import ModelService, api, artifact


class Runner(ModelService):
    """The service that a TypeScript service's ``PythonModel`` is in Python."""

    model = artifact()

    @api
    def ask(self, question: File) -> File:
        """What a method returns for arguments; both cross as artifacts do, so that what JSON has no words for comes as it is."""
        method, *arguments = json_codec.decode(question.content)  # type: ignore[misc]
        result = self._predict(*arguments) if method is None else getattr(self.model, method)(*arguments)
        name = method or "predict"
        try:
            answer = json_codec.encode_text(_as_asked(result, _has_array(arguments)), name)
        except (TypeError, RecursionError) as error:
            raise TypeError(f"{name} returned what TypeScript does not have: {error}") from error
        if answer is None:
            raise TypeError(f"{name} returned what TypeScript does not have: a {type(result).__qualname__}")
        return File(answer, "answer", "application/json")

    def _predict(self, rows: Any) -> Any:
        """What the model predicts for rows: in the form that its framework takes."""
        xgboost, torch = sys.modules.get("xgboost"), sys.modules.get("torch")
        if xgboost is not None and isinstance(self.model, xgboost.Booster):
            import numpy

            return self.model.predict(xgboost.DMatrix(numpy.asarray(rows, dtype="float32")))
        if torch is not None and isinstance(self.model, torch.nn.Module):
            with torch.no_grad():
                return self.model(torch.as_tensor(rows, dtype=torch.float32))
        if not hasattr(self.model, "predict"):
            return self.model(rows)
        return self.model.predict(rows)


def _as_asked(value: Any, keeps_arrays: bool) -> Any:
    """A result with arrays as lists, unless arrays were given; of other packages' types, what ``plain`` makes of them."""
    if isinstance(value, dict):
        members = {key: _as_asked(part, keeps_arrays) for key, part in value.items()}
        return type(value)(members) if type(value) is Map else members
    if isinstance(value, (list, tuple)):
        return [_as_asked(part, keeps_arrays) for part in value]
    if _is_array(value):
        # Typed arrays have numbers alone.
        is_kept = keeps_arrays and value.dtype.kind in "iuf" and value.dtype.itemsize <= 8
        return value if is_kept else _as_asked(value.tolist(), keeps_arrays)
    if json_codec.encode_text(value, "") is not None:
        return value
    return _as_asked(plain(value), keeps_arrays)


def _has_array(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_array, value.values()))
    return any(map(_has_array, value)) if isinstance(value, (list, set)) else _is_array(value)


def _is_array(value: object) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)
