"""What a task finds of the tasks before it, on record."""

from __future__ import annotations

from ..metadata.tasks import TaskAddress
from .errors import MissingInputsError, NoPredecessorError, NoRunError
from .item import enter_iteration
from .path import child_path, iteration_count, iteration_index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..metadata.dynamodb import DynamoMetadataStore
    from ..metadata.records import TaskCommit, TaskRecord
    from .protocol import AttemptRequest, JoinInput, StepContext, TaskEvent


def find_request(store: DynamoMetadataStore, context: StepContext, event: TaskEvent) -> AttemptRequest:
    """Everything that the attempt needs of the tasks before it. Raises NoRunError, NoPredecessorError, MissingInputsError."""
    flow, run, path = context["flow"], event["run"], event["path"]
    request: AttemptRequest = {"run": run, "step": context["step"], "path": path, "visit": event["visit"], "attempt": 0}
    if event["from"] == "":
        record = store.run(flow, run)
        if record is None:
            raise NoRunError(flow, run)
        request["begin"] = {"parameters": record["parameters"], "tags": record["tags"]}
        return request
    step, from_path, visit = event["from"].split("/")
    count = iteration_count(event.get("counts", ""), from_path)
    before = store.tasks_of(flow, run, step).get(TaskAddress(from_path, int(visit), count))
    if before is None or "committed" not in before:
        raise NoPredecessorError(context["step"], event["from"])
    committed = before["committed"]
    if "join" in context:
        request["inputs"] = join_inputs(store, context, request, committed)
    request["before"] = enter_iteration(committed, iteration_index(path) or 0) if context["role"] == "body" else committed
    return request


def join_inputs(store: DynamoMetadataStore, context: StepContext, task: AttemptRequest, splitter: TaskCommit) -> list[JoinInput]:
    """A join's inputs in the order of branches or iterations: of the steps that lead to it, the tasks whose transition was to it.

    ``splitter`` is the commit of the task that opened the split or foreach. Raises MissingInputsError where more are missing than the
    foreach tolerates.
    """
    join = context["join"]
    inputs: list[JoinInput] = []
    for branch in join["branches"]:
        for step in dict.fromkeys(lead["step"] for lead in branch["leads"]):
            transitions = [lead["transition"] for lead in branch["leads"] if lead["step"] == step]
            for record in _input_tasks(store, context, task, step, splitter):
                commit = record.get("committed")
                if commit is not None and commit["transition"] in transitions:
                    key = {"step": step, "path": record["path"], "visit": record["visit"]}
                    inputs.append({**key, "branch": branch["name"], "commit": commit})  # type: ignore[typeddict-item]
    if join["kind"] == "foreach":
        inputs.sort(key=lambda joined: iteration_index(joined["path"]) or 0)
    expected = splitter["foreach"]["count"] if "foreach" in splitter else len(join["branches"])
    if len(inputs) < expected - int(expected * join.get("tolerate", 0)):
        raise MissingInputsError(context["step"], len(inputs), expected)
    return inputs


def _input_tasks(
    store: DynamoMetadataStore, context: StepContext, task: AttemptRequest, step: str, splitter: TaskCommit
) -> list[TaskRecord]:
    tasks = store.tasks_of(context["flow"], task["run"], step)
    path, visit = task["path"], task["visit"]
    if "foreach" not in splitter:
        return tasks.find(path=child_path(path, visit), count=splitter["item"]["count"] if "item" in splitter else None)
    found = tasks.find(prefix=child_path(path, visit, 0)[:-1], count=splitter["foreach"]["count"])
    # Outside of any foreach the prefix is empty, and finds the iterations of other visits too.
    return [record for record in found if record["path"] == child_path(path, visit, iteration_index(record["path"]) or 0)]
