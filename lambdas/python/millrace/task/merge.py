"""What a join begins with."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..metadata.records import ArtifactRef, Manifest


def merge(kind: str, base: Manifest, inputs: list[tuple[str, Manifest]]) -> tuple[Manifest, dict[str, list[str]]]:
    """Merges three-way, each artifact by itself, against its value at the split.

    Changed by nobody or by one branch, or by several to the same value, it is carried on; changed by several to different values, or by any
    iteration of a foreach, it is unset until the join sets it. ``inputs`` are branches' names with what they left. Gives the artifacts, and
    for each that the inputs do not agree on, the branches that changed it.
    """
    names = dict.fromkeys(base)
    for _, artifacts in inputs:
        names.update(dict.fromkeys(artifacts))
    merged: Manifest = {}
    conflicts: dict[str, list[str]] = {}
    for name in names:
        before = base.get(name)
        changed = [(branch, artifacts.get(name)) for branch, artifacts in inputs if not same_value(artifacts.get(name), before)]
        if not changed:
            value = before
        elif kind == "split" and all(same_value(ref, changed[0][1]) for _, ref in changed):
            value = changed[0][1]
        else:
            conflicts[name] = list(dict.fromkeys(branch for branch, _ in changed))
            continue
        if value is not None:
            merged[name] = value
    return merged, conflicts


def same_value(a: ArtifactRef | None, b: ArtifactRef | None) -> bool:
    """Values are the same where their bytes are, read in the same way."""
    return a is b or (a is not None and b is not None and a["hash"] == b["hash"] and a["codec"] == b["codec"])
