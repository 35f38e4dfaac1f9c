"""What a join gets."""

from __future__ import annotations

from ..data.artifacts import load_bytes
from ..flow import BranchInputs, Input
from ..parallel import in_parallel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..data.content import BlobStore
    from ..metadata.records import ArtifactRef
    from .protocol import JoinInput, StepContext

# Bytes of the inputs that are fetched before the join runs; what is beyond loads when it is touched.
_BUDGET = 64 * 1024 * 1024
_CONCURRENCY = 32


def load_inputs(context: StepContext, blobs: BlobStore, joined: list[JoinInput]) -> BranchInputs | tuple[Input, ...]:
    """Of a foreach a tuple in the order of the items, of a split an iterable with an attribute for each branch."""
    step = context["step"]
    inputs = tuple(Input(step, joining["branch"], joining["commit"]["artifacts"], blobs) for joining in joined)
    _prefetch(context, blobs, inputs)
    return inputs if context["join"]["kind"] == "foreach" else BranchInputs(step, inputs)


def _prefetch(context: StepContext, blobs: BlobStore, inputs: tuple[Input, ...]) -> None:
    reads = context["definition"].get("inputReads", [])
    wanted: list[tuple[Input, str, ArtifactRef]] = []
    size = 0
    for joined in inputs:
        refs = Input.refs(joined)
        for name in refs if reads == "all" else reads:
            ref = refs.get(name)
            if ref is None or "inline" in ref:
                continue
            size += ref["size"]
            if size > _BUDGET:
                break
            wanted.append((joined, name, ref))

    def fetch(entry: tuple[Input, str, ArtifactRef]) -> None:
        joined, name, ref = entry
        Input.keep(joined, name, load_bytes(ref, blobs))

    in_parallel(fetch, wanted, _CONCURRENCY)
