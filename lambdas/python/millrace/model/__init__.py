"""Services in Python: models with an API, served by Millrace's server.

    from millrace.model import ModelService, api, artifact

    class IrisClassifier(ModelService):
        model = artifact()

        @api(batch={"max_size": 100, "max_latency": "20 ms"})
        def predict(self, rows: list[list[float]]) -> list[int]:
            return self.model.predict(rows)

``millrace serve service.py`` serves it; ``IrisClassifier().pack("model", clf).save("iris")`` writes it as a bundle.
"""

from __future__ import annotations

from .bodies import Body, File, Image, Text
from .errors import ModelError, RequestError
from .hints.constraints import Columns, Field, Shape
from .service import Context, ModelService, api, artifact

__all__ = [
    "Body",
    "Columns",
    "Context",
    "Field",
    "File",
    "Image",
    "ModelError",
    "ModelService",
    "RequestError",
    "Shape",
    "Text",
    "api",
    "artifact",
]
