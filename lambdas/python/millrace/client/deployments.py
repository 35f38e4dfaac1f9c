"""What flows have deployed, to which endpoints, and what it was made of."""

from __future__ import annotations

from ..task.path import task_id
from .errors import NotFoundError
from .runs import Flow, Run, Storage, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..metadata.records import DeployedModel, DeploymentRecord, DeploymentStatus


class Deployment:
    """A service with its models that a task has put behind an endpoint, or tried to."""

    def __init__(self, storage: Storage, record: DeploymentRecord) -> None:
        self.endpoint = record["endpoint"]
        self.id = record["id"]
        self.started_at = record["startedAt"]
        """ISO 8601, UTC."""
        self.ended_at = record.get("endedAt")
        """ISO 8601, UTC; None while it is on its way, or where its run ended before."""
        self.service = record["service"]
        """The class."""
        self.code = record["code"]
        """The SHA-256 of the service's code, in hex."""
        self.models: dict[str, DeployedModel] = record["models"]
        """By the model's path in the service: ``artifact``, its ``hash`` and ``type``, and the ``version`` of a saved model of the same content."""
        self.data = record["data"]
        """Where the models are: an object of S3, or the folder of a bundle."""
        self.config = record.get("config")
        """On AWS: the name of the endpoint's configuration and of the model."""
        self.failure = record.get("failure")
        """Of one that failed: why."""
        self._storage = storage
        self._record = record

    @property
    def run(self) -> Run:
        """That made it. Raises NotFoundError."""
        source = self._record["source"]
        return Flow(self._storage, source["flow"]).run(source["run"])

    @property
    def task(self) -> Task:
        """That made it; its artifacts are the models. Raises NotFoundError."""
        source = self._record["source"]
        return self.run.step(source["step"]).task(task_id(source["path"], source["visit"]))

    @property
    def status(self) -> DeploymentStatus:
        """``deploying``, ``in_service``, ``failed``, or ``lost``: the run ended while it was on its way."""
        status = self._record["status"]
        if status != "deploying":
            return status
        source = self._record["source"]
        run = self._storage.records.run(source["flow"], source["run"])
        return "deploying" if run is not None and run["status"] == "running" else "lost"

    def __repr__(self) -> str:
        return f"<Deployment {self.endpoint}/{self.id}: {self.status}>"


class Deployments:
    """The deployments of one store."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def endpoints(self) -> Sequence[str]:
        """The endpoints that something was deployed to, by name."""
        return self._storage.records.endpoints()

    def list(self, endpoint: str, limit: int | None = None) -> Sequence[Deployment]:
        """Of one endpoint, newest first; those that failed too. Raises NotFoundError."""
        return [Deployment(self._storage, record) for record in self._records(endpoint, limit)]

    def in_service(self, endpoint: str) -> Deployment | None:
        """The deployment that answers on an endpoint; None where none has come so far. Raises NotFoundError.

        >>> client.open().deployments.in_service("iris").task.data.accuracy
        0.97
        """
        deployed = [record for record in self._records(endpoint) if record["status"] == "in_service"]
        # Of two that overlapped, the one that began first may have come last.
        replaced = {record.get("previous") for record in deployed}
        latest = (record for record in deployed if "config" not in record or record["config"] not in replaced)
        record = next(latest, None)
        return Deployment(self._storage, record) if record is not None else None

    def of_model(self, version: str) -> Sequence[Deployment]:
        """What was deployed of a version of a model, oldest first: ``iris:20261123-184309-417-7kq2``."""
        return self._of("model", version)

    def of_run(self, pathspec: str) -> Sequence[Deployment]:
        """What a run has deployed, oldest first: ``TrainIris/20261123-201900-907-np6w``."""
        return self._of("run", pathspec)

    def _records(self, endpoint: str, limit: int | None = None) -> Sequence[DeploymentRecord]:
        found = self._storage.records.deployments(endpoint, limit)
        if not found:
            raise NotFoundError("endpoint", endpoint, self.endpoints())
        return found

    def _of(self, kind: str, name: str) -> Sequence[Deployment]:
        records = self._storage.records
        names = (target.split("/") for target in records.lineage(kind, name, "deployment"))
        found = (records.deployment(endpoint, id) for endpoint, id in names)
        known = sorted((record for record in found if record is not None), key=lambda record: record["id"])
        return [Deployment(self._storage, record) for record in known]
