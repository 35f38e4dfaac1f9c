"""The records of the flows that were deployed from one branch, in a DynamoDB table."""

from __future__ import annotations

from itertools import islice

from ..aws.dynamodb import Table
from .errors import RunUnknownError
from .keys import (
    INDEX,
    decode_name,
    deployment_partition,
    encode_name,
    flow_partition,
    latest_key,
    lineage_partition,
    run_key,
    run_of_sort,
    run_sort,
    tag_partition,
)
from .owner import with_liveness
from .parse import parse_record
from .tasks import Tasks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..aws.client import AwsClient
    from ..aws.dynamodb import Item
    from .records import DeploymentRecord, RunRecord, TaskRecord


class DynamoMetadataStore:
    """What a task needs of the records, and what the client reads. Runs are begun by the function of the state machine's first state."""

    def __init__(self, table: str, client: AwsClient, branch: str = "main") -> None:
        """``branch``: the namespace of the flows."""
        self._table = Table(table, client)
        self._branch = branch

    def tasks_of(self, flow: str, run: str, step: str) -> Tasks:
        return Tasks(self._table, self._partition(flow), flow, run, step)

    def tasks(self, flow: str, run: str, step: str) -> list[TaskRecord]:
        return self.tasks_of(flow, run, step).find()

    def end_run(self, flow: str, run: str, ended_at: str, redrive: int = 0) -> None:
        """A success; failures are recorded by who sees the execution's end."""
        partition = self._partition(flow)
        order = f"{redrive:06}#{ended_at}"
        written, item = self._table.update(
            run_key(partition, run),
            "SET #status = :status, #endedAt = :endedAt, #order = :order REMOVE #failure",
            {":status": {"S": "succeeded"}, ":endedAt": {"S": ended_at}, ":order": {"S": order}},
            "attribute_exists(#pk) AND (attribute_not_exists(#order) OR #order < :order)",
            return_item=True,
        )
        if item is None:
            raise RunUnknownError(flow, run)
        # Also where the end was on record before: the one who wrote it may not have come as far as the pointer.
        if written or item["status"]["S"] == "succeeded":
            latest = run_sort(item["startedAt"]["S"], run)
            condition = "attribute_not_exists(#latest) OR #latest < :latest"
            self._table.update(latest_key(partition, True), "SET #latest = :latest", {":latest": {"S": latest}}, condition)

    def add_tags(self, flow: str, run: str, tags: list[str]) -> None:
        started_at = self._change_tags(flow, run, "ADD", tags)
        for tag in tags:
            self._table.put((tag_partition(self._partition(flow), tag), run_sort(started_at, run)))

    def remove_tags(self, flow: str, run: str, tags: list[str]) -> None:
        started_at = self._change_tags(flow, run, "DELETE", tags)
        for tag in tags:
            self._table.delete((tag_partition(self._partition(flow), tag), run_sort(started_at, run)))

    def flows(self) -> list[str]:
        branch = f"@{encode_name(self._branch)}"
        names = [item["sk"]["S"] for item in self._table.query("pk = :pk", {":pk": {"S": "FLOWS"}})]
        return sorted(decode_name(name[: -len(branch)]) for name in names if name.endswith(branch))

    def run(self, flow: str, run: str) -> RunRecord | None:
        item = self._table.get(run_key(self._partition(flow), run))
        return with_liveness(_run(item)) if item is not None else None

    def runs(self, flow: str, limit: int | None = None, tag: str | None = None, before: str | None = None) -> Iterator[RunRecord]:
        """Newest first. ``before``: only those that started before this time (ISO 8601)."""
        partition = self._partition(flow)
        values: Item = {":pk": {"S": partition if tag is None else tag_partition(partition, tag)}}
        if before is not None:
            values[":before"] = {"S": before}
        pk, sk, index = ("gpk", "gsk", INDEX) if tag is None else ("pk", "sk", None)
        condition = f"{pk} = :pk" if before is None else f"{pk} = :pk AND {sk} < :before"
        items = self._table.query(condition, values, index, descending=True, page_size=min(limit or 100, 100))
        if tag is not None:
            found = (self._table.get(run_key(partition, run_of_sort(item["sk"]["S"]))) for item in items)
            # The tag's partition only lists the runs; one that has lost the tag since is left out.
            items = (item for item in found if item is not None and tag in _run(item)["tags"])
        for number, item in enumerate(items):
            if number == limit:
                return
            yield with_liveness(_run(item))

    def latest_run(self, flow: str, succeeded: bool) -> RunRecord | None:
        pointer = self._table.get(latest_key(self._partition(flow), succeeded))
        if pointer is None:
            return None
        run = self.run(flow, run_of_sort(pointer["latest"]["S"]))
        if not succeeded or (run is not None and run["status"] == "succeeded"):
            return run
        return next((other for other in self.runs(flow) if other["status"] == "succeeded"), None)

    def steps(self, flow: str, run: str) -> list[str]:
        """Of the steps that the run was begun with, those that have a task, in the order in which they began."""
        record = self.run(flow, run)
        declared = record.get("steps", []) if record is not None else []
        times = [(self.tasks_of(flow, run, step).begin(), step) for step in declared]
        return [step for at, step in sorted((at, step) for at, step in times if at is not None)]

    def endpoints(self) -> list[str]:
        return sorted(item["sk"]["S"] for item in self._table.query("pk = :pk", {":pk": {"S": "ENDPOINTS"}}))

    def deployment(self, endpoint: str, id: str) -> DeploymentRecord | None:
        item = self._table.get((deployment_partition(endpoint), id))
        return _deployment(endpoint, item) if item is not None else None

    def deployments(self, endpoint: str, limit: int | None = None) -> list[DeploymentRecord]:
        """Newest first."""
        values: Item = {":pk": {"S": deployment_partition(endpoint)}}
        items = self._table.query("pk = :pk", values, consistent=True, descending=True, page_size=limit)
        return [_deployment(endpoint, item) for item in islice(items, limit)]

    def lineage(self, kind: str, name: str, target: str) -> list[str]:
        """The names of what of a kind was made of something."""
        prefix = f"{target}#"
        values: Item = {":pk": {"S": lineage_partition(kind, name)}, ":prefix": {"S": prefix}}
        items = self._table.query("pk = :pk AND begins_with(sk, :prefix)", values, consistent=True)
        return sorted(decode_name(item["sk"]["S"][len(prefix) :]) for item in items)

    def _change_tags(self, flow: str, run: str, change: str, tags: list[str]) -> str:
        key = run_key(self._partition(flow), run)
        values: Item = {":tags": {"SS": sorted(set(tags))}}
        _, item = self._table.update(key, f"{change} #tags :tags", values, "attribute_exists(#pk)", return_item=True)
        if item is None:
            raise RunUnknownError(flow, run)
        return str(item["startedAt"]["S"])

    def _partition(self, flow: str) -> str:
        return flow_partition(flow, self._branch)


def _deployment(endpoint: str, item: Item) -> DeploymentRecord:
    record: DeploymentRecord = parse_record(f"deployment {endpoint}", "record", item["record"]["S"])
    return record


def _run(item: Item) -> RunRecord:
    record = f"run {item['flow']['S']}/{item['run']['S']}"
    run: RunRecord = {
        "flow": item["flow"]["S"],
        "run": item["run"]["S"],
        "status": item["status"]["S"],
        "startedAt": item["startedAt"]["S"],
        "parameters": parse_record(record, "parameters", item["parameters"]["S"]),
        "tags": sorted(item.get("tags", {"SS": []})["SS"]),
        "owner": parse_record(record, "owner", item["owner"]["S"]),
    }
    if "endedAt" in item:
        run["endedAt"] = item["endedAt"]["S"]
    if "steps" in item:
        run["steps"] = parse_record(record, "steps", item["steps"]["S"])
    if "failure" in item:
        run["failure"] = parse_record(record, "failure", item["failure"]["S"])
    return run
