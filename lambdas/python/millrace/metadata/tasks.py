"""The tasks of one step of a run, in DynamoDB."""

from __future__ import annotations

from ..parallel import in_parallel
from ..task.path import iteration_index, task_order
from .errors import AttemptUnknownError
from .keys import shard_count, shard_of, step_key, task_partition, task_sort
from .parse import parse_record, task_name, to_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..aws.dynamodb import Item, Table
    from .records import AttemptRecord, Failure, TaskCommit, TaskRecord


class TaskAddress:
    """A task of a step. ``count``: iterations of the innermost foreach around it, which decides over how many partitions its records spread."""

    __slots__ = ("path", "visit", "count")

    def __init__(self, path: str, visit: int, count: int | None = None) -> None:
        self.path = path
        self.visit = visit
        self.count = count


class Tasks:
    """``partition`` is ``flow@branch``."""

    def __init__(self, table: Table, partition: str, flow: str, run: str, step: str) -> None:
        self._table = table
        self._partition = partition
        self._flow = flow
        self._run = run
        self._step = step

    def start(self, task: TaskAddress, token: str, at: str, log: dict[str, str] | None) -> tuple[int, TaskCommit | None]:
        """The attempt's number and, where an attempt has already won, what it committed: the caller then must not run.

        One write; the first task of a step that spreads over shards notes over how many in a second one.
        """
        attempt: Item = {"startedAt": {"S": at}, "status": {"S": "running"}}
        if log is not None:
            attempt["log"] = {"S": to_text(log)}
        written, item = self._table.update(
            self._key(task),
            "SET #tokens = list_append(if_not_exists(#tokens, :none), :tokens), #attempt = :attempt",
            {":none": {"L": []}, ":token": {"S": token}, ":tokens": {"L": [{"S": token}]}, ":attempt": {"M": attempt}},
            "attribute_not_exists(#commit) AND NOT contains(#tokens, :token)",
            {"#attempt": _attribute(token)},
            return_item=True,
        )
        shards = shard_count(task.count)
        if shards > 1 and iteration_index(task.path) == 0:
            self._note_shards(shards)
        tokens = _tokens(item)
        if written:
            return len(tokens) - 1, None
        return tokens.index(token) if token in tokens else len(tokens), self._committed(task, item)

    def fail(self, task: TaskAddress, token: str, at: str, failure: Failure) -> None:
        written, item = self._table.update(
            self._key(task),
            "SET #attempt.#status = :failed, #attempt.#endedAt = :endedAt, #attempt.#failure = :failure",
            {
                ":failed": {"S": "failed"},
                ":running": {"S": "running"},
                ":endedAt": {"S": at},
                ":failure": {"S": to_text(_clipped(failure))},
            },
            "#attempt.#status = :running",
            {"#attempt": _attribute(token)},
        )
        if not written and _attribute(token) not in (item or {}):
            raise AttemptUnknownError(self._name(task), token)

    def commit(self, task: TaskAddress, token: str, at: str, commit: TaskCommit) -> TaskCommit:
        """The winner's commit: this one, or that of the attempt that was faster."""
        values: Item = {
            ":commit": {"S": to_text(commit)},
            ":transition": {"N": str(commit["transition"])},
            ":succeeded": {"S": "succeeded"},
            ":endedAt": {"S": at},
        }
        update = "SET #commit = :commit, #transition = :transition, #attempt.#status = :succeeded, #attempt.#endedAt = :endedAt"
        if "foreach" in commit:
            update += ", #count = :count"
            values[":count"] = {"N": str(commit["foreach"]["count"])}
        written, item = self._table.update(
            self._key(task),
            f"{update} REMOVE #attempt.#failure",
            values,
            "attribute_not_exists(#commit) AND attribute_exists(#attempt)",
            {"#attempt": _attribute(token)},
        )
        if written:
            return commit
        own, winner = (item or {}).get(_attribute(token)), self._committed(task, item)
        if own is None or winner is None:
            raise AttemptUnknownError(self._name(task), token)
        if own["M"]["status"]["S"] == "running":
            message = f"Attempt {winner['attempt']} had already been committed; this one's result was dropped."
            self.fail(task, token, at, {"name": "Superseded", "message": message})
        return winner

    def get(self, task: TaskAddress) -> TaskRecord | None:
        for shard in self._shards_of_path(task.path, task.count):
            item = self._table.get((self._shard(shard), task_sort(task.path, task.visit)))
            if item is not None:
                return self._read(item)
        return None

    def find(self, prefix: str = "", path: str | None = None, count: int | None = None) -> list[TaskRecord]:
        shards = list(range(self._shard_count(count))) if path is None else self._shards_of_path(path, count)
        start = prefix if path is None else f"{path}#"
        found: list[TaskRecord] = []
        in_parallel(lambda shard: found.extend(self._query(shard, start)), shards, 8)
        return sorted(found, key=lambda task: task_order(task["path"], task["visit"]))

    def begin(self) -> str | None:
        """When the first attempt of the step's first task began; None where none did."""
        for task in self._query(0, "", page_size=1):
            return task["attempts"][0]["startedAt"] if task["attempts"] else None
        return None

    def _query(self, shard: int, start: str, page_size: int | None = None):  # type: ignore[no-untyped-def]
        values: Item = {":pk": {"S": self._shard(shard)}}
        if start:
            values[":start"] = {"S": start}
        condition = "pk = :pk AND begins_with(sk, :start)" if start else "pk = :pk"
        return map(self._read, self._table.query(condition, values, consistent=True, page_size=page_size))

    def _shards_of_path(self, path: str, count: int | None) -> list[int]:
        """Where a task can be. Who doesn't know the iterations of its foreach knows at most the largest number of shards of the step."""
        index = iteration_index(path)
        if index is None:
            return [0]
        if count is not None:
            return [shard_of(path, count)]
        return list(dict.fromkeys(index % (shards + 1) for shards in range(self._shard_count(None))))

    def _shard_count(self, count: int | None) -> int:
        if count is not None:
            return shard_count(count)
        item = self._table.get(step_key(self._partition, self._run, self._step))
        return int(item["shards"]["N"]) if item and "shards" in item else 1

    def _note_shards(self, shards: int) -> None:
        key = step_key(self._partition, self._run, self._step)
        condition = "attribute_not_exists(#shards) OR #shards < :shards"
        self._table.update(key, "SET #shards = :shards", {":shards": {"N": str(shards)}}, condition)

    def _key(self, task: TaskAddress) -> tuple[str, str]:
        return self._shard(shard_of(task.path, task.count)), task_sort(task.path, task.visit)

    def _shard(self, shard: int) -> str:
        return task_partition(self._partition, self._run, self._step, shard)

    def _name(self, task: TaskAddress) -> str:
        return task_name(f"{self._flow}/{self._run}", self._step, task.path)

    def _committed(self, task: TaskAddress, item: Item | None) -> TaskCommit | None:
        if item is None or "commit" not in item:
            return None
        return parse_record(self._name(task), "commit", item["commit"]["S"])  # type: ignore[no-any-return]

    def _read(self, item: Item) -> TaskRecord:
        path, _, visit = item["sk"]["S"].partition("#")
        task = TaskAddress(path, int(visit))
        name = self._name(task)
        attempts = [_attempt(name, number, item[_attribute(token)]["M"]) for number, token in enumerate(_tokens(item))]
        record: TaskRecord = {"step": self._step, "path": path, "visit": task.visit, "attempts": attempts}
        committed = self._committed(task, item)
        if committed is not None:
            record["committed"] = committed
        return record


def _attribute(token: str) -> str:
    """The attribute of an attempt: one of its own, so that it can be set on an item that is not there yet."""
    return f"attempt:{token}"


def _tokens(item: Item | None) -> list[str]:
    """Of a task's attempts in the order in which they began: a token's position is its attempt's number."""
    return [token["S"] for token in (item or {}).get("tokens", {"L": []})["L"]]


def _attempt(record: str, number: int, fields: Item) -> AttemptRecord:
    attempt: AttemptRecord = {"attempt": number, "startedAt": fields["startedAt"]["S"], "status": fields["status"]["S"]}
    if "endedAt" in fields:
        attempt["endedAt"] = fields["endedAt"]["S"]
    if "failure" in fields:
        attempt["failure"] = parse_record(record, "failure", fields["failure"]["S"])
    if "log" in fields:
        attempt["log"] = parse_record(record, "log pointer", fields["log"]["S"])
    return attempt


def _clipped(failure: Failure) -> Failure:
    """A message can be as long as its author likes, an item cannot."""
    clipped: Failure = {**failure, "message": failure["message"][:8_000]}
    if "stack" in failure:
        clipped["stack"] = failure["stack"][:8_000]
    return clipped
