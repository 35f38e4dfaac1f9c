"""Opens stores."""

from __future__ import annotations

import json
import os

from .deployments import Deployments
from .errors import ClientError
from .runs import Flow, Run, Step, Storage, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class Client:
    """The runs of one store."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def flows(self) -> list[Flow]:
        """The flows that were run, by name."""
        return [self.flow(name) for name in self._storage.records.flows()]

    def flow(self, name: str) -> Flow:
        return Flow(self._storage, name)

    @property
    def deployments(self) -> Deployments:
        """What flows have deployed, to which endpoints."""
        return Deployments(self._storage)

    def get(self, pathspec: str) -> Run | Step | Task:
        """What a pathspec names: ``Flow/run``, ``Flow/run/step`` or ``Flow/run/step/task``. A run may be ``latest``. Raises NotFoundError."""
        parts = pathspec.split("/")
        if not 2 <= len(parts) <= 4 or "" in parts:
            raise ClientError(
                "PATHSPEC",
                f"{json.dumps(pathspec)} names no run, step or task.",
                "Write Flow/run, Flow/run/step or Flow/run/step/task; the run may be latest.",
            )
        run = self.flow(parts[0]).run(parts[1])
        if len(parts) == 2:
            return run
        step = run.step(parts[2])
        if len(parts) == 4:
            return step.task(parts[3])
        step.tasks()
        return step

    def close(self) -> None:
        self._storage.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open(folder: str | None = None, *, table: str | None = None, bucket: str | None = None, branch: str = "main") -> Client:
    """A folder on this machine (default: the variable ``MILLRACE_STORE``, or ``.millrace``), or the table and bucket of an environment on AWS.

    ``branch`` is the namespace of the flows on AWS. Region and credentials are those of the environment or of the AWS profile. Raises
    MetadataStoreError where there is no store, or it cannot be read.
    """
    return Client(storage(folder, table, bucket, branch))


def storage(folder: str | None = None, table: str | None = None, bucket: str | None = None, branch: str = "main") -> Storage:
    if table is None and bucket is None:
        from ..data.folder import FolderBlobStore
        from ..metadata.sqlite import SqliteMetadataStore

        folder = os.path.abspath(folder or os.environ.get("MILLRACE_STORE") or ".millrace")
        records = SqliteMetadataStore(folder)
        return Storage(records, FolderBlobStore(folder), records.close, folder=folder)
    if not table or not bucket:
        raise ClientError(
            "STORE_LOCATION",
            f"A store on AWS is a table and a bucket; got table={table!r}, bucket={bucket!r}.",
            "Name both: they are outputs of the stack of the FlowEnvironment.",
        )
    from ..aws.client import AwsClient
    from ..aws.credentials import environment
    from ..aws.s3 import S3BlobStore
    from ..metadata.dynamodb import DynamoMetadataStore

    aws = AwsClient(environment())
    return Storage(DynamoMetadataStore(table, aws, branch), S3BlobStore(aws, bucket), aws.close, aws=aws)
