"""The records as they are stored: plain JSON, with the names that the TypeScript side gives them. For type checkers; nothing imports it at run time."""

from __future__ import annotations

from typing import Literal, TypedDict, Union


class _Compressed(TypedDict, total=False):
    compression: Literal["zstd"]


class Blob(_Compressed):
    hash: str
    size: int


class _Inline(_Compressed, total=False):
    inline: str


class ArtifactRef(_Inline):
    """How a value became bytes, and where they are. ``inline``: the bytes themselves where they are few, as text (JSON) or in base64."""

    hash: str
    size: int
    codec: str
    type: str


Manifest = dict[str, ArtifactRef]


class Frame(TypedDict):
    items: int
    ref: ArtifactRef


class Foreach(TypedDict):
    count: int
    frames: list[Frame]


class Item(TypedDict):
    index: int
    count: int
    frame: ArtifactRef
    position: int


class _TaskCommitParts(TypedDict, total=False):
    foreach: Foreach
    item: Item
    tags: list[str]


class TaskCommit(_TaskCommitParts):
    """What the attempt that won left behind."""

    attempt: int
    artifacts: Manifest
    transition: int


class TaskKey(TypedDict):
    step: str
    path: str
    visit: int


class _FailureParts(TypedDict, total=False):
    stack: str
    task: TaskKey
    attempt: int


class Failure(_FailureParts):
    name: str
    message: str


class _AttemptParts(TypedDict, total=False):
    endedAt: str
    failure: Failure
    log: dict[str, str]


class AttemptRecord(_AttemptParts):
    attempt: int
    startedAt: str
    status: Literal["running", "succeeded", "failed"]


class _TaskRecordParts(TypedDict, total=False):
    committed: TaskCommit


class TaskRecord(_TaskRecordParts):
    step: str
    path: str
    visit: int
    attempts: list[AttemptRecord]


RunStatus = Literal["running", "succeeded", "failed", "timed_out", "interrupted", "lost"]


class _RunParts(TypedDict, total=False):
    endedAt: str
    steps: list[str]
    failure: Failure


class RunRecord(_RunParts):
    flow: str
    run: str
    status: RunStatus
    startedAt: str
    parameters: dict[str, object]
    tags: list[str]
    owner: dict[str, Union[str, int]]


class DeploymentSource(TypedDict):
    """The task that made it."""

    flow: str
    run: str
    step: str
    path: str
    visit: int
    attempt: int


class _DeployedModelParts(TypedDict, total=False):
    version: str


class DeployedModel(_DeployedModelParts):
    """``version``: of a saved model with the same content."""

    artifact: str
    hash: str
    type: str


DeploymentStatus = Literal["deploying", "in_service", "failed", "lost"]


class _DeploymentParts(TypedDict, total=False):
    endedAt: str
    config: str
    previous: str
    failure: str


class DeploymentRecord(_DeploymentParts):
    endpoint: str
    id: str
    status: DeploymentStatus
    startedAt: str
    source: DeploymentSource
    service: str
    code: str
    models: dict[str, DeployedModel]
    data: str
