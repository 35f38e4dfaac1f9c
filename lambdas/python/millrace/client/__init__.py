"""Reads runs back, the same from a folder as from AWS. Two lines give a pandas table of the last run:

    from millrace import client
    table = client.flow("Train").latest_successful_run().data.table

The functions of this module read the folder that the variable ``MILLRACE_STORE`` names, or ``.millrace``; ``open`` reads another store:

    aws = client.open(table="millrace-records", bucket="millrace-artifacts")
    aws.get("Train/latest/fit/0").data.model
"""

from __future__ import annotations

from .client import Client, open, storage
from .deployments import Deployment, Deployments
from .errors import ClientError, NotFoundError
from .lines import Line
from .runs import Artifact, Data, Flow, Run, Step, Task

__all__ = [
    "Artifact", "Client", "ClientError", "Data", "Deployment", "Deployments", "Flow", "Line", "NotFoundError", "Run", "Step", "Task", "flow", "flows", "get", "open",
]  # fmt: skip


def flows() -> list[Flow]:
    """The flows that were run, by name."""
    return Client(storage()).flows()


def flow(name: str) -> Flow:
    return Client(storage()).flow(name)


def get(pathspec: str) -> Run | Step | Task:
    """What a pathspec names: ``Flow/run``, ``Flow/run/step`` or ``Flow/run/step/task``. A run may be ``latest``. Raises NotFoundError."""
    return Client(storage()).get(pathspec)
