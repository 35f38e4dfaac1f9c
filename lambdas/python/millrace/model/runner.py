"""A model by itself, for services in TypeScript: whatever Python has fitted, asked by its methods."""

from __future__ import annotations

import sys
from typing import Any

from .service import ModelService, api, artifact


class Runner(ModelService):
    """The service that a TypeScript service's ``PythonModel`` is in Python."""

    model = artifact()

    @api
    def predict(self, rows: Any) -> Any:
        """What the model predicts for rows, which are lists: in the form that its framework takes."""
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

    @api
    def call(self, method: str, arguments: list[Any]) -> Any:
        """What a method of the model returns."""
        return getattr(self.model, method)(*arguments)
