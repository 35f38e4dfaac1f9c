"""One attempt of one task from its records to its records, as Lambda and Batch run it."""

from __future__ import annotations

from ..metadata.tasks import TaskAddress
from .attempt import run_attempt
from .failure import TaskFailedError
from .path import iteration_count
from .resolve import find_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..data.content import BlobStore
    from ..metadata.dynamodb import DynamoMetadataStore
    from .protocol import StepContext, TaskAnswer, TaskEvent


def perform_task(
    store: DynamoMetadataStore,
    blobs: BlobStore,
    context: StepContext,
    folder: str,
    event: TaskEvent,
    token: str,
    log: dict[str, str] | None = None,
) -> TaskAnswer:
    """Finds what came before, runs the step, commits.

    Where another attempt has won, its commit is what counts; the commit of ``end`` ends the run. ``token`` names the attempt: the same token
    again is the same attempt. Raises TaskFailedError.
    """
    flow, run, step = context["flow"], event["run"], context["step"]
    count = iteration_count(event.get("counts", ""), event["path"])
    address = TaskAddress(event["path"], event["visit"], count)
    tasks = store.tasks_of(flow, run, step)
    request = find_request(store, context, event)
    request["attempt"], commit = tasks.start(address, token, _now(), log)
    if commit is None:
        outcome = run_attempt(context, request, folder, blobs)
        if outcome["status"] == "failed":
            tasks.fail(address, token, _now(), outcome["failure"])
            raise TaskFailedError(outcome["failure"])
        commit = tasks.commit(address, token, _now(), outcome["commit"])
    if step == "end":
        store.end_run(flow, run, _now(), event.get("redrive", 0))
    answer: TaskAnswer = {}
    if len(context["definition"]["transitions"]) > 1:
        answer["choice"] = commit["transition"]
    if "foreach" in commit:
        answer["count"] = commit["foreach"]["count"]
    return answer


def _now() -> str:
    """As ``Date.toISOString`` writes it."""
    from datetime import datetime, timezone

    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
