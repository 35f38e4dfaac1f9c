"""What Lambda and Batch have in common: the bundle that is there, and the stores that the environment names.

A step's bundle is a folder that holds ``step.json`` (the step's context, as ``lib/task/protocol.ts`` describes it), the user's files as they lie
in the flow's folder, and this package.
"""

from __future__ import annotations

import json
import os

from .aws.client import AwsClient
from .aws.s3 import S3BlobStore
from .errors import MillraceError
from .metadata.dynamodb import DynamoMetadataStore
from .task.perform import perform_task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .task.protocol import StepContext, TaskAnswer, TaskEvent


class CloudStep:
    """The step of a bundle, ready to run. Kept between a Lambda function's invocations, with its connections to AWS."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        with open(os.path.join(folder, "step.json"), encoding="utf-8") as source:
            self.context: StepContext = json.load(source)
        client = AwsClient(os.environ)
        self._store = DynamoMetadataStore(variable("MILLRACE_TABLE"), client)
        self._blobs = S3BlobStore(client, variable("MILLRACE_BUCKET"))

    def perform(self, event: TaskEvent, token: str, log: dict[str, str] | None) -> TaskAnswer:
        """Raises TaskFailedError."""
        return perform_task(self._store, self._blobs, self.context, self._folder, event, token, log)


def variable(name: str) -> str:
    """Raises MillraceError where the environment has no such variable."""
    value = os.environ.get(name)
    if value:
        return value
    raise MillraceError(
        "ENVIRONMENT", f"The environment variable {name} is not set.", "Deploy the flow again with the construct Flow, which sets it."
    )


def attempt_token(event: TaskEvent, job: int | None = None) -> str:
    """Names an attempt by what started it: redrives of the execution, retries of the state, and on Batch attempts of the job."""
    token = f"{event.get('redrive', 0)}.{event['retry']}"
    return token if job is None else f"{token}.{job}"
