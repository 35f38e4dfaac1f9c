"""Runs one attempt of one task."""

from __future__ import annotations

from ..data.artifacts import InlineBudget, store_artifact
from ..data.items import as_items, store_items
from ..flow import Current, Flow
from .artifacts import TaskArtifacts
from .body import load_function
from .errors import ForeachItemsError
from .failure import to_failure
from .inputs import load_inputs
from .item import load_item
from .merge import merge
from .path import task_id
from .process import lent_process
from .transition import chosen_transition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ..data.content import BlobStore
    from ..metadata.records import Manifest, TaskCommit
    from .protocol import AttemptOutcome, AttemptRequest, StepContext


def run_attempt(context: StepContext, request: AttemptRequest, folder: str, blobs: BlobStore) -> AttemptOutcome:
    """Loads what the step reads, runs its function, stores what it leaves. What the function raises is the outcome's failure.

    ``folder`` is the flow's, in which the function's file is. Whatever is raised, SystemExit and KeyboardInterrupt too, ends the attempt, not
    the process.
    """
    try:
        return {"status": "succeeded", "commit": _attempt(context, request, folder, blobs)}
    except BaseException as error:
        key = {"step": request["step"], "path": request["path"], "visit": request["visit"]}
        return {"status": "failed", "failure": to_failure(error, key, request["attempt"])}  # type: ignore[arg-type]


def _attempt(context: StepContext, request: AttemptRequest, folder: str, blobs: BlobStore) -> TaskCommit:
    definition, step = context["definition"], context["step"]
    function = load_function(folder, definition["body"]["python"], step)
    manifest, conflicts = _before(context, request, blobs)
    artifacts = TaskArtifacts(context, blobs, manifest, conflicts)
    artifacts.prefetch(definition["reads"])
    before = request.get("before")
    item = before.get("item") if before is not None else None
    begin = request.get("begin")
    tags = begin["tags"] if begin is not None else before.get("tags", []) if before is not None else []
    flow = Flow(
        artifacts,
        _current(context, request, artifacts, tags),
        item["index"] if item is not None else None,
        (lambda: load_item(item, blobs)) if item is not None else None,
    )
    inputs = request.get("inputs")
    given = (flow,) if inputs is None else (flow, load_inputs(context, blobs, inputs))
    with lent_process():
        returned = function(*given)
        if hasattr(returned, "__await__"):
            returned = _awaited(returned)

    transition = chosen_transition(step, definition["transitions"], returned)
    after: TaskCommit = {"attempt": request["attempt"], "artifacts": artifacts.collect(), "transition": transition}
    taken = definition["transitions"][transition] if transition >= 0 else None
    if taken is not None and taken["kind"] == "foreach":
        name = taken.get("items")
        value = artifacts.get(name) if name is not None else None
        items = as_items(value)
        if items is None:
            raise ForeachItemsError(step, name, value)
        after["foreach"] = {"count": len(items), "frames": store_items(items, f"flow.{name}", blobs)}
    if item is not None:
        after["item"] = item
    if tags:
        after["tags"] = tags
    return after


def _awaited(returned: Awaitable[object]) -> object:
    import asyncio

    async def wait() -> object:
        return await returned

    return asyncio.run(wait())


def _before(context: StepContext, request: AttemptRequest, blobs: BlobStore) -> tuple[Manifest, dict[str, list[str]]]:
    """The artifacts that the task begins with."""
    before = request.get("before")
    if before is None:
        budget = InlineBudget()
        given = request["begin"]["parameters"]
        base = {name: store_artifact(value, f"flow.{name}", blobs, budget) for name, value in given.items()}
    else:
        base = before["artifacts"]
    inputs = request.get("inputs")
    if inputs is None or "join" not in context:
        return base, {}
    return merge(context["join"]["kind"], base, [(joined["branch"], joined["commit"]["artifacts"]) for joined in inputs])


def _current(context: StepContext, request: AttemptRequest, artifacts: TaskArtifacts, tags: list[str]) -> Current:
    return Current(
        flow=context["flow"],
        run=request["run"],
        step=context["step"],
        task=task_id(request["path"], request["visit"]),
        attempt=request["attempt"],
        path=request["path"],
        parameters={name: artifacts.get(name) for name in context["parameters"]},
        tags=tuple(tags),
    )
