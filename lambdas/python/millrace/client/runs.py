"""Flows, runs, steps, tasks and artifacts, as they were on record when they were read."""

from __future__ import annotations

from ..data.artifacts import load_artifact
from ..task.path import task_id
from .errors import ClientError, NotFoundError
from .lines import Line, lines_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, Union

    from ..aws.client import AwsClient
    from ..data.content import BlobStore
    from ..metadata.dynamodb import DynamoMetadataStore
    from ..metadata.records import ArtifactRef, AttemptRecord, Failure, Manifest, RunRecord, RunStatus, TaskRecord
    from ..metadata.sqlite import SqliteMetadataStore

    Records = Union[DynamoMetadataStore, SqliteMetadataStore]


class Storage:
    """Where runs are: their records, their artifacts, their console lines."""

    def __init__(
        self,
        records: Records,
        blobs: BlobStore,
        close: Callable[[], None],
        folder: str = "",
        aws: AwsClient | None = None,
    ) -> None:
        self.records = records
        self.blobs = blobs
        self.close = close
        self.folder = folder
        self.aws = aws


class Artifact:
    """One artifact as a task left it. Its value is loaded when it is asked for, and nothing else with it."""

    def __init__(self, storage: Storage, name: str, ref: ArtifactRef) -> None:
        self.name = name
        self.type = ref["type"]
        """What the value is, for people: ``number``, ``Array(3)``, ``sklearn.svm.SVC``."""
        self.size = ref["size"]
        """In bytes, encoded and before compression."""
        self.hash = ref["hash"]
        """The SHA-256 of the encoded value, in hex: equal for equal values."""
        self.codec = ref["codec"]
        """How the value is encoded: ``json``, ``npy``, …"""
        self._storage = storage
        self._ref = ref

    def value(self) -> Any:
        """A fresh value with each call. Raises BlobMissingError, BlobCorruptError, DecodeError.

        A pickled object runs the code of its classes when it is read: read only stores whose flows you trust.
        """
        return load_artifact(self._ref, self._storage.blobs)

    def __repr__(self) -> str:
        return f"<Artifact {self.name}: {self.type}>"


class Data:
    """The values of a task's artifacts and parameters as attributes, each loaded when it is touched."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._task.artifact(name).value()

    def __dir__(self) -> list[str]:
        return [artifact.name for artifact in self._task.artifacts()]

    def __repr__(self) -> str:
        return f"<Data: {', '.join(dir(self))}>"


class Flow:
    """The runs of a flow."""

    def __init__(self, storage: Storage, name: str) -> None:
        self.name = name
        self._storage = storage

    def latest_run(self) -> Run | None:
        """The run that started last; None where there is none."""
        return self._latest(succeeded=False)

    def latest_successful_run(self) -> Run | None:
        """Of the runs that succeeded, the one that started last; None where there is none."""
        return self._latest(succeeded=True)

    def runs(self, limit: int | None = None, tag: str | None = None, before: str | None = None) -> list[Run]:
        """Newest first. ``before``: only runs that started before this time, in ISO 8601."""
        return [Run(self._storage, record) for record in self._storage.records.runs(self.name, limit, tag, before)]

    def run(self, id: str) -> Run:
        """``id`` may be ``latest``. Raises NotFoundError."""
        records = self._storage.records
        record = records.latest_run(self.name, False) if id == "latest" else records.run(self.name, id)
        if record is not None:
            return Run(self._storage, record)
        flows = records.flows()
        if self.name not in flows:
            raise NotFoundError("flow", self.name, flows)
        raise NotFoundError(f"run of {self.name}", id, (other["run"] for other in records.runs(self.name, 100)))

    def _latest(self, succeeded: bool) -> Run | None:
        record = self._storage.records.latest_run(self.name, succeeded)
        return Run(self._storage, record) if record is not None else None

    def __repr__(self) -> str:
        return f"<Flow {self.name}>"


class Run:
    """A run as it was on record when it was read."""

    def __init__(self, storage: Storage, record: RunRecord) -> None:
        self._storage = storage
        self.record = record

    @property
    def flow(self) -> str:
        """The flow's name."""
        return self.record["flow"]

    @property
    def id(self) -> str:
        return self.record["run"]

    @property
    def pathspec(self) -> str:
        """``Flow/run``."""
        return f"{self.flow}/{self.id}"

    @property
    def status(self) -> RunStatus:
        """``lost``: it was running, and the process that ran it is gone."""
        return self.record["status"]

    @property
    def parameters(self) -> Mapping[str, object]:
        return self.record["parameters"]

    @property
    def tags(self) -> tuple[str, ...]:
        """Sorted."""
        return tuple(self.record["tags"])

    @property
    def started_at(self) -> str:
        """ISO 8601, UTC."""
        return self.record["startedAt"]

    @property
    def ended_at(self) -> str | None:
        """ISO 8601, UTC; None while it runs."""
        return self.record.get("endedAt")

    @property
    def failure(self) -> Failure | None:
        """Of a run that did not succeed: what failed first, and in which task."""
        return self.record.get("failure")

    def step(self, name: str) -> Step:
        return Step(self._storage, self, name)

    def steps(self) -> list[Step]:
        """The steps that began, in that order."""
        return [self.step(name) for name in self._storage.records.steps(self.flow, self.id)]

    @property
    def data(self) -> Data:
        """``run.data.total`` is the artifact ``total`` as ``end`` left it, or in a run that has not come there, the last task that succeeded."""
        return Data(self._last_task())

    def add_tag(self, *tags: str) -> None:
        self._storage.records.add_tags(self.flow, self.id, list(tags))
        self._read_again()

    def remove_tag(self, *tags: str) -> None:
        self._storage.records.remove_tags(self.flow, self.id, list(tags))
        self._read_again()

    def _read_again(self) -> None:
        self.record = self._storage.records.run(self.flow, self.id) or self.record

    def _last_task(self) -> Task:
        succeeded = self._succeeded(["end"]) or self._succeeded(self._storage.records.steps(self.flow, self.id))
        if succeeded:
            return max(succeeded, key=lambda task: task.ended_at or "")
        raise NotFoundError(f"task that succeeded in {self.pathspec}", "latest", [])

    def _succeeded(self, steps: list[str]) -> list[Task]:
        tasks = [Task(self._storage, self, record) for step in steps for record in self._storage.records.tasks(self.flow, self.id, step)]
        return [task for task in tasks if task.status == "succeeded"]

    def __repr__(self) -> str:
        return f"<Run {self.pathspec}: {self.status}>"


class Step:
    """A step of a run. Nothing is read before its tasks are asked for."""

    def __init__(self, storage: Storage, run: Run, name: str) -> None:
        self.run = run
        self.name = name
        self._storage = storage

    @property
    def pathspec(self) -> str:
        """``Flow/run/step``."""
        return f"{self.run.pathspec}/{self.name}"

    def tasks(self) -> list[Task]:
        """In the order of iterations and visits. Raises NotFoundError where the run never came to the step."""
        records = self._storage.records
        tasks = records.tasks(self.run.flow, self.run.id, self.name)
        if not tasks:
            raise NotFoundError(f"step of {self.run.pathspec}", self.name, records.steps(self.run.flow, self.run.id))
        return [Task(self._storage, self.run, record) for record in tasks]

    def task(self, id: str | None = None) -> Task:
        """A task by its id, or without one the step's only task. Raises NotFoundError, ClientError ``SEVERAL_TASKS``."""
        tasks = self.tasks()
        if id is None:
            if len(tasks) == 1:
                return tasks[0]
            fix = f"Name one, {tasks[0].id} for example, or read all with tasks()."
            raise ClientError("SEVERAL_TASKS", f"{self.pathspec} has {len(tasks)} tasks.", fix)
        for task in tasks:
            if task.id == id:
                return task
        raise NotFoundError(f"task of {self.pathspec}", id, (task.id for task in tasks))

    def __repr__(self) -> str:
        return f"<Step {self.pathspec}>"


class Task:
    """A step in one iteration of the foreachs around it."""

    def __init__(self, storage: Storage, run: Run, record: TaskRecord) -> None:
        self.run = run
        self.step = record["step"]
        self._storage = storage
        self._record = record

    @property
    def id(self) -> str:
        """``0`` outside of any foreach, ``3.1`` in foreachs, ``0@2`` on the third visit in a loop."""
        return task_id(self._record["path"], self._record["visit"])

    @property
    def pathspec(self) -> str:
        """``Flow/run/step/task``."""
        return f"{self.run.pathspec}/{self.step}/{self.id}"

    @property
    def status(self) -> str:
        """``running``, ``succeeded``, ``failed``, or ``lost``: its last attempt has no end on record, although the run has one."""
        if "committed" in self._record:
            return "succeeded"
        if self.attempts and self.attempts[-1]["status"] == "failed":
            return "failed"
        return "running" if self.run.status == "running" else "lost"

    @property
    def attempts(self) -> list[AttemptRecord]:
        """In the order in which they began."""
        return self._record["attempts"]

    @property
    def exception(self) -> Failure | None:
        """What the last attempt failed with; None where the task succeeded or still runs."""
        return self.attempts[-1].get("failure") if self.attempts and "committed" not in self._record else None

    @property
    def started_at(self) -> str | None:
        """ISO 8601, UTC."""
        return self.attempts[0]["startedAt"] if self.attempts else None

    @property
    def ended_at(self) -> str | None:
        """ISO 8601, UTC; None while the last attempt has not ended."""
        committed = self._record.get("committed")
        if not self.attempts:
            return None
        return self.attempts[-1 if committed is None else committed["attempt"]].get("endedAt")

    @property
    def _refs(self) -> Manifest:
        committed = self._record.get("committed")
        return {} if committed is None else committed["artifacts"]

    def artifacts(self) -> list[Artifact]:
        """Every artifact that is visible after the task, parameters too, by name. None before it succeeded."""
        return [Artifact(self._storage, name, ref) for name, ref in sorted(self._refs.items())]

    def artifact(self, name: str) -> Artifact:
        """Raises NotFoundError."""
        if name not in self._refs:
            raise NotFoundError(f"artifact of {self.pathspec}", name, sorted(self._refs))
        return Artifact(self._storage, name, self._refs[name])

    @property
    def data(self) -> Data:
        """``task.data.total`` is the value of the artifact ``total``."""
        return Data(self)

    def lines(self) -> Iterator[Line]:
        """What the task wrote to its console, attempt by attempt."""
        for attempt in self.attempts:
            yield from lines_of(attempt, self._storage.folder, self._storage.aws)

    def __repr__(self) -> str:
        return f"<Task {self.pathspec}: {self.status}>"
