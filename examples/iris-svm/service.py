"""The classifier of the flow beside it, or any other, as a service."""

from typing import Annotated

from millrace.model import Field, ModelService, api, artifact
from sklearn.svm import SVC

Flower = Annotated[list[float], Field(min_length=4, max_length=4)]


class IrisClassifier(ModelService):
    """Tells the kind of an iris by the lengths and widths of its leaves, in cm."""

    model: SVC = artifact()

    def on_startup(self) -> None:
        """A model that was fitted to other measures keeps the service from starting."""
        self.model.predict([[5.1, 3.5, 1.4, 0.2]])

    @api(batch={"max_size": 100, "max_latency": "20 ms"})
    def predict(self, flowers: list[Flower]) -> list[int | str]:
        return self.model.predict(flowers)
