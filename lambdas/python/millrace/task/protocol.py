"""What a task is told, as the TypeScript side writes it. For type checkers; nothing imports it at run time."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Union

from ..metadata.records import Failure, TaskCommit, TaskKey


class Lead(TypedDict):
    step: str
    transition: int


class Branch(TypedDict):
    name: str
    leads: list[Lead]


class _JoinParts(TypedDict, total=False):
    tolerate: float


class Join(_JoinParts):
    kind: Literal["split", "foreach"]
    splitter: str
    branches: list[Branch]


class Transition(TypedDict, total=False):
    kind: Literal["next", "foreach"]
    steps: list[str]
    body: str
    items: str


class PythonBody(TypedDict):
    """``python``: a file of the flow's folder and a function of it, as ``train.py:fit``."""

    kind: Literal["python"]
    python: str


class _StepParts(TypedDict, total=False):
    inputReads: Union[list[str], Literal["all"]]


class StepDefinition(_StepParts):
    body: PythonBody
    transitions: list[Transition]
    reads: Union[list[str], Literal["all"]]


class _ContextParts(TypedDict, total=False):
    join: Join


class StepContext(_ContextParts):
    """All that a task must know of its flow."""

    flow: str
    step: str
    definition: StepDefinition
    role: Literal["plain", "body", "join"]
    parameters: list[str]
    artifacts: list[str]


class Begin(TypedDict):
    parameters: dict[str, object]
    tags: list[str]


class JoinInput(TaskKey):
    branch: str
    commit: TaskCommit


class _RequestParts(TypedDict, total=False):
    begin: Begin
    before: TaskCommit
    inputs: list[JoinInput]


class AttemptRequest(_RequestParts):
    """An attempt with all of its inputs' addresses resolved: a worker needs no metadata store to run it."""

    run: str
    step: str
    path: str
    visit: int
    attempt: int


class Succeeded(TypedDict):
    status: Literal["succeeded"]
    commit: TaskCommit


class Failed(TypedDict):
    status: Literal["failed"]
    failure: Failure


AttemptOutcome = Union[Succeeded, Failed]


# What the state machine hands to a task: ``run``, ``path``, ``visit``, ``from``, ``retry``, and maybe ``counts`` and ``redrive``.
TaskEvent = dict[str, Any]


class TaskAnswer(TypedDict, total=False):
    choice: int
    count: int
