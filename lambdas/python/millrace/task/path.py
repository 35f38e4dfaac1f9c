"""A task within its step: its path through the foreachs around it, and its visit in a loop. ``lib/flow/path.ts`` tells the rules."""

from __future__ import annotations

import re


def child_path(path: str, visit: int, index: int | None = None) -> str:
    """The path of the branches that a splitter at ``path`` and ``visit`` opens or, with ``index``, of an iteration of its foreach."""
    prefix = f"{path}~{visit}" if visit > 0 or re.search(r"~\d+$", path) else path
    if index is None:
        return prefix
    return f"{prefix}.{index}" if prefix else str(index)


def iteration_index(path: str) -> int | None:
    """The index in the innermost foreach; None outside of any."""
    found = re.search(r"(?:^|\.)(\d+)(?:~\d+)*$", path)
    return int(found[1]) if found else None


def iteration_count(counts: str, path: str) -> int | None:
    """How many iterations the innermost foreach around a task has; ``counts`` are those of all foreachs, outermost first."""
    depth = sum(1 for part in path.split(".") if part[:1].isdigit())
    parts = counts.split(".")
    return int(parts[depth - 1]) if 0 < depth <= len(parts) and parts[depth - 1] else None


def task_id(path: str, visit: int) -> str:
    """A task's name within its step, for people: ``0`` outside of any foreach, ``3.1`` in foreachs, ``0@2`` on the third visit."""
    indices = path if path[:1].isdigit() else f"0{path}"
    return f"{indices}@{visit}" if visit > 0 else indices


def task_order(path: str, visit: int) -> tuple[list[int], int]:
    """Sorts tasks of one step by path, index by index as numbers, then by visit."""
    ranks: list[int] = []
    for part in path.split("."):
        index, *visits = part.split("~")
        # What has no visit comes first.
        ranks += [int(index or 0), *(int(number) + 1 for number in visits), 0]
    return ranks, visit
