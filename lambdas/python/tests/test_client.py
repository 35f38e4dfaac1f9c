"""Reading runs back from a folder; the records are written by the TypeScript side."""

from __future__ import annotations

import json
import os
import tempfile
import unittest

from millrace import client
from millrace.data.artifacts import InlineBudget, store_artifact
from millrace.data.folder import FolderBlobStore
from millrace.metadata.errors import MetadataStoreError

from .support import deployment, run_python, typescript


def time(seconds: int) -> str:
    return f"2026-11-23T18:00:{seconds:02}.000Z"


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.blobs = FolderBlobStore(self.folder)
        self.owner = typescript("owner")

    def records(self, call: str, *args: object):  # type: ignore[no-untyped-def]
        return typescript("records", folder=self.folder, call=call, args=args)

    def begin(self, run: str, at: int, tags: list[str] = [], owner: object = None) -> None:  # noqa: B006
        self.records(
            "beginRun",
            {
                "flow": "Train",
                "run": run,
                "status": "running",
                "startedAt": time(at),
                "parameters": {"alpha": 0.5},
                "tags": tags,
                "steps": ["start", "fit", "end"],
                "owner": owner or self.owner,
            },
        )

    def task(self, run: str, step: str, at: int, path: str = "", **artifacts: object) -> None:
        task = {"flow": "Train", "run": run, "step": step, "path": path, "visit": 0}
        refs = {name: store_artifact(value, name, self.blobs, InlineBudget()) for name, value in artifacts.items()}
        log = {"kind": "file", "file": f"logs/{run}.{step}.{path}.jsonl"}
        self.records("startAttempt", task, "0", time(at), log)
        self.records("commit", task, "0", time(at + 1), {"attempt": 0, "artifacts": refs, "transition": 0})

    def opened(self) -> client.Client:
        opened = client.open(self.folder)
        self.addCleanup(opened.close)
        return opened

    def test_a_store_without_permission_to_write_can_be_read(self) -> None:
        self.begin("r1", 1)
        # Once before: what Python imports meanwhile may itself not be readable for others than root.
        before = client.open(self.folder)
        before.flow("Train").runs()
        before.close()
        os.chmod(os.path.join(self.folder, "metadata.db"), 0o444)
        os.chmod(self.folder, 0o555)
        is_root = os.geteuid() == 0  # root may write whatever the permissions say
        if is_root:
            os.seteuid(65_534)
        try:
            self.assertEqual([run.id for run in self.opened().flow("Train").runs()], ["r1"])
        finally:
            if is_root:
                os.seteuid(0)
            os.chmod(self.folder, 0o755)

    def test_the_last_run_in_two_lines(self) -> None:
        self.begin("r1", 1)
        self.task("r1", "start", 2, total=1)
        self.task("r1", "end", 4, total=42)
        self.records("endRun", "Train", "r1", {"status": "succeeded", "endedAt": time(6)})
        self.begin("r2", 7)
        code = "from millrace import client\nprint(client.flow('Train').latest_successful_run().data.total)"
        done = run_python("-c", code, env={"MILLRACE_STORE": self.folder})
        self.assertEqual((done.stdout, done.stderr), ("42\n", ""))

    def test_runs(self) -> None:
        self.begin("r1", 1, ["b", "a"])
        self.begin("r2", 2)
        self.begin("r3", 3, owner={**self.owner, "pid": 2**22 + 1})
        failure = {"name": "ValueError", "message": "no", "task": {"step": "fit", "path": "", "visit": 0}, "attempt": 0}
        self.records("endRun", "Train", "r2", {"status": "failed", "endedAt": time(6), "failure": failure})
        flow = self.opened().flow("Train")
        self.assertEqual([(run.id, run.status) for run in flow.runs()], [("r3", "lost"), ("r2", "failed"), ("r1", "running")])
        self.assertEqual([run.id for run in flow.runs(limit=2)], ["r3", "r2"])
        self.assertEqual([run.id for run in flow.runs(tag="a")], ["r1"])
        self.assertEqual([run.id for run in flow.runs(before=time(2))], ["r1"])
        self.assertIsNone(flow.latest_successful_run())
        self.assertEqual(flow.latest_run().id, "r3")  # type: ignore[union-attr]
        run = flow.run("r2")
        self.assertEqual((run.pathspec, run.started_at, run.ended_at, run.failure), ("Train/r2", time(2), time(6), failure))
        self.assertEqual((flow.run("r1").tags, dict(run.parameters)), (("a", "b"), {"alpha": 0.5}))

    def test_tags_are_those_that_typescript_sees(self) -> None:
        self.begin("r1", 1, ["a"])
        run = self.opened().flow("Train").run("r1")
        run.add_tag("c", "b")
        run.remove_tag("a")
        self.assertEqual(run.tags, ("b", "c"))
        self.assertEqual(self.records("run", "Train", "r1")["tags"], ["b", "c"])

    def test_tasks_and_artifacts(self) -> None:
        self.begin("r1", 1)
        self.task("r1", "start", 2, x=[1.5], text="t" * 5000)
        for index in (10, 2, 0):
            self.task("r1", "fit", 4, str(index), y=index)
        opened = self.opened()
        run = opened.flow("Train").run("latest")
        self.assertEqual([step.name for step in run.steps()], ["start", "fit"])
        self.assertEqual([task.id for task in run.step("fit").tasks()], ["0", "2", "10"])
        task = opened.get("Train/latest/start/0")
        assert isinstance(task, client.Task)
        self.assertEqual([(one.name, one.type, one.codec) for one in task.artifacts()], [("text", "string", "json"), ("x", "Array(1)", "json")])
        self.assertEqual((task.data.x, len(task.data.text), task.status), ([1.5], 5000, "succeeded"))  # type: ignore[arg-type]
        self.assertEqual((task.started_at, task.ended_at, task.exception), (time(2), time(3), None))
        self.assertEqual(run.data.y in (0, 2, 10), True)
        self.assertEqual(opened.get("Train/r1/fit/10").data.y, 10)  # type: ignore[union-attr]

    def test_deployments_lead_to_their_run_and_its_artifacts_and_back(self) -> None:
        self.begin("r1", 1)
        self.task("r1", "fit", 2, model={"factor": 3})
        hash = self.opened().get("Train/r1/fit/0").artifact("model").hash  # type: ignore[union-attr]
        ref = {"hash": hash, "size": 12, "codec": "json", "type": "Object"}
        version = {"name": "iris", "version": "v1", "createdAt": time(3), "ref": ref, "metadata": {}, "metrics": {}}
        self.records("models.put", version)
        models = {"model": {"artifact": "model", "hash": hash, "type": "Object"}}
        self.records("deployments.put", deployment("1", "failed", "r0", failure="out of memory."))
        self.records("deployments.put", deployment("2", "in_service", "r1", models=models, endedAt=time(4)))
        self.records("deployments.put", deployment("3", "deploying", "gone"))
        deployments = self.opened().deployments
        self.assertEqual(deployments.endpoints(), ["iris"])
        found = [(each.id, each.status, each.failure) for each in deployments.list("iris")]
        self.assertEqual(found, [("3", "lost", None), ("2", "in_service", None), ("1", "failed", "out of memory.")])
        self.assertEqual([each.id for each in deployments.list("iris", limit=1)], ["3"])
        deployed = deployments.in_service("iris")
        assert deployed is not None
        self.assertEqual(repr(deployed), "<Deployment iris/2: in_service>")
        self.assertEqual((deployed.service, deployed.code, deployed.ended_at), ("Iris", "c0de", time(4)))
        self.assertEqual(deployed.run.pathspec, "Train/r1")
        self.assertEqual(deployed.task.data.model, {"factor": 3})
        self.assertEqual(deployed.models["model"]["version"], "iris:v1")
        self.assertEqual([each.id for each in deployments.of_run("Train/r1")], ["2"])
        self.assertEqual([each.id for each in deployments.of_model("iris:v1")], ["2"])
        self.assertEqual(deployments.of_model("iris:v2"), [])
        with self.assertRaises(client.NotFoundError) as raised:
            deployments.list("irs")
        self.assertEqual(str(raised.exception.fix), "Did you mean iris? There are iris.")

    def test_an_endpoint_where_nothing_came_into_service(self) -> None:
        self.records("deployments.put", deployment("1", "failed", "r0"))
        self.assertIsNone(self.opened().deployments.in_service("iris"))

    def test_lines(self) -> None:
        self.begin("r1", 1)
        self.task("r1", "start", 2)
        os.makedirs(os.path.join(self.folder, "logs"))
        with open(os.path.join(self.folder, "logs", "r1.start..jsonl"), "w", encoding="utf-8") as log:
            log.write(json.dumps({"time": time(2), "stream": "stderr", "text": "hello"}) + '\n{"time":')
        lines = self.opened().flow("Train").run("r1").step("start").task().lines()
        self.assertEqual([(line.attempt, line.time, line.stream, line.text) for line in lines], [(0, time(2), "stderr", "hello")])

    def test_what_is_not_there_is_named_with_what_is(self) -> None:
        self.begin("r1", 1)
        self.task("r1", "start", 2, total=1)
        opened = self.opened()
        for pathspec, message, fix in [
            ("Trian/latest", 'There is no flow "Trian".', "Did you mean Train? There are Train."),
            ("Train/r2", 'There is no run of Train "r2".', "There are r1."),
            ("Train/r1/strat", 'There is no step of Train/r1 "strat".', "Did you mean start? There are start."),
            ("Train/r1/start/1", 'There is no task of Train/r1/start "1".', "There are 0."),
        ]:
            with self.subTest(pathspec), self.assertRaises(client.NotFoundError) as caught:
                opened.get(pathspec)
            self.assertEqual((str(caught.exception), caught.exception.fix), (message, fix))
        with self.assertRaises(client.NotFoundError):
            opened.flow("Train").run("r1").data.totl
        for pathspec in ("Train", "Train/", "a/b/c/d/e"):
            with self.assertRaises(client.ClientError):
                opened.get(pathspec)

    def test_a_store_that_is_not_there_or_damaged(self) -> None:
        with self.assertRaises(MetadataStoreError) as caught:
            client.open(os.path.join(self.folder, "none"))
        self.assertEqual(caught.exception.code, "STORE_MISSING")
        with open(os.path.join(self.folder, "metadata.db"), "wb") as target:
            target.write(b"no database" * 1000)
        with self.assertRaises(MetadataStoreError) as caught:
            client.open(self.folder).flows()
        self.assertEqual(caught.exception.code, "STORE_CORRUPT")
        with self.assertRaises(client.ClientError):
            client.open(table="records")


if __name__ == "__main__":
    unittest.main()
