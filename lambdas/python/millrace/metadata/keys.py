"""Where each record is in DynamoDB; ``lib/metadata/keys.ts`` tells the rules.

In every function but ``flow_partition``, ``flow`` is what that one gives: ``flow@branch``.
"""

from __future__ import annotations

import re

from ..task.path import iteration_index

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..aws.dynamodb import Key

INDEX = "runs"
# A partition takes 1,000 writes a second.
_ITERATIONS_PER_SHARD = 1_000
_MAX_SHARDS = 32


def encode_name(name: str) -> str:
    """A name as part of a key: the marks between parts, and halves of characters, are percent-encoded."""
    return re.sub("[#@%\ud800-\udfff]", lambda mark: f"%{ord(mark[0]):X}", name)


def decode_name(text: str) -> str:
    return re.sub("%(D[89A-F][0-9A-F]{2}|[0-9A-F]{2})", lambda code: chr(int(code[1], 16)), text)


def flow_partition(flow: str, branch: str) -> str:
    """A flow as deployed from a branch: in the table the partition of its pointers, in the index that of its runs."""
    return f"{encode_name(flow)}@{encode_name(branch)}"


def latest_key(flow: str, succeeded: bool) -> Key:
    """The pointer to the latest run, or to the latest that succeeded."""
    return flow, "LATEST#ok" if succeeded else "LATEST#run"


def run_key(flow: str, run: str) -> Key:
    return f"{flow}#R#{encode_name(run)}", "META"


def run_sort(started_at: str, run: str) -> str:
    """Sorts runs by start; the id makes it unique."""
    return f"{started_at}#{encode_name(run)}"


def run_of_sort(text: str) -> str:
    """The run's id in what run_sort gave."""
    return decode_name(text[text.find("#") + 1 :])


def tag_partition(flow: str, tag: str) -> str:
    return f"{flow}#T#{encode_name(tag)}"


def step_key(flow: str, run: str, step: str) -> Key:
    """Tells over how many shards a step's tasks spread; there where it is more than one."""
    return run_key(flow, run)[0], f"S#{encode_name(step)}"


def shard_count(count: int | None = None) -> int:
    """Over how many partitions the tasks of a step spread, ``count`` being the iterations of the innermost foreach around it."""
    return max(1, min(_MAX_SHARDS, -(-(count or 0) // _ITERATIONS_PER_SHARD)))


def shard_of(path: str, count: int | None) -> int:
    """Neighbours run at the same time, so they are in different shards."""
    return (iteration_index(path) or 0) % shard_count(count)


def deployment_partition(endpoint: str) -> str:
    return f"D#{endpoint}"


def lineage_partition(kind: str, name: str) -> str:
    return f"L#{kind}#{encode_name(name)}"


def task_partition(flow: str, run: str, step: str, shard: int) -> str:
    return f"{flow}#R#{encode_name(run)}#{encode_name(step)}#{shard}"


def task_sort(path: str, visit: int) -> str:
    return f"{path}#{visit}"
