"""The records of a store in a folder: ``metadata.db``. The local scheduler writes them; here they are read, and runs are tagged."""

from __future__ import annotations

import os
import sqlite3
from urllib.parse import quote

from ..task.path import task_order
from .errors import MetadataStoreError, RunUnknownError
from .owner import with_liveness
from .parse import parse_record, task_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .records import DeploymentRecord, RunRecord, TaskRecord

_VERSION = 3
_RUN = "SELECT runs.*, (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE run_id = runs.id ORDER BY tag)) AS tags FROM runs"
_NEWEST_FIRST = "ORDER BY started_at DESC, id DESC"


class SqliteMetadataStore:
    """Raises MetadataStoreError where there is no store to read, or it is damaged, locked, or of a newer version."""

    def __init__(self, folder: str) -> None:
        self._file = os.path.join(folder, "metadata.db")
        if not os.path.isfile(self._file):
            raise MetadataStoreError("STORE_MISSING", f"There is no store in {folder}.", "Run a flow first, or name the store's folder.")
        self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            database, found = self._connect("mode=rw")
        except sqlite3.Error as error:
            # A read-only mount, say: SQLite has no place there for the files that it shares a write-ahead log with.
            if not any(problem in str(error) for problem in ("unable to open", "readonly")) or self._has_log():
                raise self._explained(error) from error
            database, found = self._connect("immutable=1")
        if found > _VERSION:
            raise MetadataStoreError(
                "STORE_VERSION",
                f"The store {self._file} has version {found}; this Millrace knows versions up to {_VERSION}.",
                "Use a newer version of the package.",
            )
        return database

    def _connect(self, mode: str) -> tuple[sqlite3.Connection, int]:
        """And the store's version."""
        address = f"file:{quote(os.path.abspath(self._file))}?{mode}"
        database = sqlite3.connect(address, uri=True, timeout=10, isolation_level=None, check_same_thread=False)
        database.row_factory = sqlite3.Row
        database.execute("PRAGMA foreign_keys = ON")
        (found,) = database.execute("PRAGMA user_version").fetchone()
        return database, found

    def _has_log(self) -> bool:
        log = f"{self._file}-wal"
        return os.path.exists(log) and os.path.getsize(log) > 0

    def flows(self) -> list[str]:
        return [row["flow"] for row in self._all("SELECT DISTINCT flow FROM runs ORDER BY flow")]

    def run(self, flow: str, run: str) -> RunRecord | None:
        return next(map(_run, self._all(f"{_RUN} WHERE flow = ? AND run = ?", flow, run)), None)

    def runs(self, flow: str, limit: int | None = None, tag: str | None = None, before: str | None = None) -> Iterator[RunRecord]:
        """Newest first. ``before``: only those that started before this time (ISO 8601)."""
        conditions, values = ["flow = ?"], [flow]
        if before is not None:
            conditions.append("started_at < ?")
            values.append(before)
        if tag is not None:
            conditions.append("id IN (SELECT run_id FROM tags WHERE tag = ?)")
            values.append(tag)
        query = f"{_RUN} WHERE {' AND '.join(conditions)} {_NEWEST_FIRST} LIMIT ?"
        return map(_run, self._all(query, *values, -1 if limit is None else limit))

    def latest_run(self, flow: str, succeeded: bool) -> RunRecord | None:
        only = "AND status = 'succeeded'" if succeeded else ""
        return next(map(_run, self._all(f"{_RUN} WHERE flow = ? {only} {_NEWEST_FIRST} LIMIT 1", flow)), None)

    def steps(self, flow: str, run: str) -> list[str]:
        query = "SELECT step FROM tasks WHERE run_id = ? GROUP BY step ORDER BY min(id)"
        return [row["step"] for row in self._all(query, self._id(flow, run))]

    def tasks(self, flow: str, run: str, step: str) -> list[TaskRecord]:
        rows = self._all("SELECT * FROM tasks WHERE run_id = ? AND step = ?", self._id(flow, run), step)
        tasks = [_task(f"{flow}/{run}", row) for row in rows]
        return sorted(tasks, key=lambda task: task_order(task["path"], task["visit"]))

    def add_tags(self, flow: str, run: str, tags: list[str]) -> None:
        run_id = self._id(flow, run)
        for tag in tags:
            self._all("INSERT OR IGNORE INTO tags (run_id, tag) VALUES (?, ?)", run_id, tag)

    def remove_tags(self, flow: str, run: str, tags: list[str]) -> None:
        run_id = self._id(flow, run)
        for tag in tags:
            self._all("DELETE FROM tags WHERE run_id = ? AND tag = ?", run_id, tag)

    def endpoints(self) -> list[str]:
        return [row["endpoint"] for row in self._all("SELECT DISTINCT endpoint FROM deployments ORDER BY endpoint")]

    def deployment(self, endpoint: str, id: str) -> DeploymentRecord | None:
        rows = self._all("SELECT record FROM deployments WHERE endpoint = ? AND id = ?", endpoint, id)
        return parse_record(f"deployment {endpoint}", "record", rows[0]["record"]) if rows else None

    def deployments(self, endpoint: str, limit: int | None = None) -> list[DeploymentRecord]:
        """Newest first."""
        query = "SELECT record FROM deployments WHERE endpoint = ? ORDER BY id DESC LIMIT ?"
        rows = self._all(query, endpoint, -1 if limit is None else limit)
        return [parse_record(f"deployment {endpoint}", "record", row["record"]) for row in rows]

    def lineage(self, kind: str, name: str, target: str) -> list[str]:
        """The names of what of a kind was made of something."""
        query = "SELECT target FROM lineage WHERE source = ? AND kind = ? ORDER BY target"
        return [row["target"] for row in self._all(query, f"{kind}:{name}", target)]

    def close(self) -> None:
        self._database.close()

    def _id(self, flow: str, run: str) -> int:
        rows = self._all("SELECT id FROM runs WHERE flow = ? AND run = ?", flow, run)
        if not rows:
            raise RunUnknownError(flow, run)
        return int(rows[0]["id"])

    def _all(self, query: str, *values: object) -> list[sqlite3.Row]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def _explained(self, error: sqlite3.Error) -> MetadataStoreError:
        text = str(error)
        if "locked" in text:
            problem = f"Another process has kept the store's database {self._file} locked for 10 seconds"
            return MetadataStoreError("STORE_BUSY", f"{problem}.", "Wait for the other process, or stop it.")
        if "malformed" in text or "not a database" in text:
            fix = "Restore the file from a backup, or move it away (with -wal and -shm) to begin with an empty one."
            return MetadataStoreError("STORE_CORRUPT", f"The store's database {self._file} is damaged: {text}.", fix)
        return MetadataStoreError("STORE_FAULT", f"The store's database {self._file} failed: {text}.", "Check the disk that holds the file.")


def _run(row: sqlite3.Row) -> RunRecord:
    record = f"run {row['flow']}/{row['run']}"
    run: RunRecord = {
        "flow": row["flow"],
        "run": row["run"],
        "status": row["status"],
        "startedAt": row["started_at"],
        "parameters": parse_record(record, "parameters", row["parameters"]),
        "tags": parse_record(record, "tags", row["tags"]),
        "owner": parse_record(record, "owner", row["owner"]),
    }
    if row["ended_at"] is not None:
        run["endedAt"] = row["ended_at"]
    if row["steps"] is not None:
        run["steps"] = parse_record(record, "steps", row["steps"])
    if row["failure"] is not None:
        run["failure"] = parse_record(record, "failure", row["failure"])
    return with_liveness(run)


def _task(run: str, row: sqlite3.Row) -> TaskRecord:
    name = task_name(run, row["step"], row["path"])
    attempts = parse_record(name, "attempts", row["attempts"])
    for attempt in attempts:
        del attempt["token"]
    task: TaskRecord = {"step": row["step"], "path": row["path"], "visit": row["visit"], "attempts": attempts}
    if row["committed"] is not None:
        task["committed"] = parse_record(name, "commit", row["committed"])
    return task
