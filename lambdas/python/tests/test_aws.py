"""Tasks on AWS, which the emulator in test/aws stands in for; what begins a run and reads it is the TypeScript side."""

from __future__ import annotations

import http.server
import importlib.util
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request
from datetime import datetime, timezone

from millrace import client
from millrace.aws.client import AwsClient
from millrace.aws.credentials import Credentials, CredentialSource
from millrace.aws.errors import AwsError, CredentialsError
from millrace.aws.s3 import S3BlobStore, S3Bucket
from millrace.aws.signature import sign
from millrace.client.deployments import Deployments
from millrace.client.runs import Storage
from millrace.data.errors import BlobCorruptError, BlobMissingError
from millrace.metadata.dynamodb import DynamoMetadataStore
from millrace.task.failure import TaskFailedError
from millrace.task.perform import perform_task

from .support import ROOT, TypeScript, deployment, flow_folder, foreach_join, run_python, step_context, text_of

STEPS = """
    import sys

    def start(flow):
        flow.items = list(range(3))
        flow.model = {"weights": "w" * 100_000}

    def fit(flow):
        flow.y = flow.input * 10 + len(flow.model["weights"])

    def join(flow, inputs):
        flow.x = [one.y for one in inputs]

    def fail(flow):
        raise KeyError("no such column")

    def leave(flow):
        sys.exit(0)

    def end(flow):
        pass
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@unittest.skipIf(importlib.util.find_spec("moto") is None, "moto is not installed")
class Emulated(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        port = free_port()
        cls.endpoint = f"http://127.0.0.1:{port}"
        images = os.path.join(tempfile.mkdtemp(), "images.json")
        modules = os.path.join(ROOT, "node_modules")
        command = [sys.executable, "-m", "emulator", "--port", str(port), "--images", images, "--modules", modules, "--exit-with-parent"]
        cls.emulator = subprocess.Popen(
            command, cwd=os.path.join(ROOT, "test", "aws"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert cls.emulator.stdout is not None
        cls.emulator.stdout.readline()
        cls.env = {
            "AWS_ENDPOINT_URL": cls.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        cls.aws = AwsClient(cls.env)
        # Modules stay imported: one folder for all tests.
        cls.steps = flow_folder(steps=STEPS)
        cls.until_it_answers()
        cls.typescript = TypeScript(cls.env)
        cls.aws.send("s3", "CreateBucket", "PUT", f"{cls.endpoint}/artifacts")

    @classmethod
    def until_it_answers(cls) -> None:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{cls.endpoint}/_emulator/faults").close()
                return
            except OSError:
                threading.Event().wait(0.1)
        raise AssertionError("the emulator does not answer")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.aws.close()
        assert cls.emulator.stdin is not None and cls.emulator.stdout is not None
        cls.emulator.stdin.close()
        cls.emulator.wait()
        cls.emulator.stdout.close()

    def setUp(self) -> None:
        self.table = f"records-{random.getrandbits(40):x}"
        self.typescript("table", table=self.table)
        self.store = DynamoMetadataStore(self.table, self.aws)
        self.blobs = S3BlobStore(self.aws, "artifacts")
        self.folder = self.steps

    def records(self, call: str, *args: object):  # type: ignore[no-untyped-def]
        return self.typescript("records", table=self.table, call=call, args=args)

    def begin(self, run: str = "r1") -> None:
        started = "2026-11-23T18:00:00.000Z"
        owner = {"kind": "execution", "arn": f"arn:{run}", "startedAt": started}
        steps = ["start", "fit", "join", "fail", "leave", "end"]
        self.records(
            "beginRun",
            {
                "flow": "Train", "run": run, "status": "running", "startedAt": started, "steps": steps,
                "parameters": {"alpha": 0.5}, "tags": ["t"], "owner": owner,
            },
        )  # fmt: skip

    def perform(self, context: dict, token: str = "0.0", **event: object):  # type: ignore[no-untyped-def, type-arg]
        whole = {"run": "r1", "path": "", "visit": 0, "from": "", "retry": 0, **event}
        return perform_task(self.store, self.blobs, context, self.folder, whole, token, {"kind": "cloudwatch", "group": "g", "stream": "s"})  # type: ignore[arg-type]

    def fault(self, **fault: object) -> None:
        urllib.request.urlopen(f"{self.endpoint}/_emulator/faults", json.dumps(fault).encode()).close()

    def test_deployments_are_read_as_typescript_wrote_them(self) -> None:
        self.begin()
        first = deployment("1", "in_service", "r1", config="c1")
        second = deployment("2", "in_service", "r1", config="c2", previous="c1")
        for record in (first, second):
            self.records("deployments.put", record)
        self.assertEqual(self.store.endpoints(), ["iris"])
        self.assertEqual(self.store.deployments("iris"), [second, first])
        self.assertEqual(self.store.deployments("iris", limit=1), [second])
        self.assertEqual(self.store.deployment("iris", "1"), first)
        self.assertIsNone(self.store.deployment("iris", "3"))
        self.assertEqual(self.store.lineage("run", "Train/r1", "deployment"), ["iris/1", "iris/2"])
        deployments = Deployments(Storage(self.store, self.blobs, lambda: None, aws=self.aws))
        deployed = deployments.in_service("iris")
        assert deployed is not None
        self.assertEqual((deployed.id, deployed.run.pathspec), ("2", "Train/r1"))

    def test_a_run_from_begin_to_end(self) -> None:
        self.begin()
        foreach = {"transitions": [{"kind": "foreach", "body": "fit", "items": "items"}]}
        self.assertEqual(self.perform(step_context("start", definition=foreach)), {"count": 3})
        for index in range(3):
            context = step_context("fit", role="body", definition={"reads": ["model"], "transitions": [{"kind": "next", "steps": ["join"]}]})
            self.assertEqual(self.perform(context, path=str(index), counts="3", **{"from": "start//0"}), {})
        context = step_context("join", role="join", join=foreach_join("join", "fit"), definition={"inputReads": ["y"]})
        self.assertEqual(self.perform(context, **{"from": "start//0"}), {})
        self.assertEqual(self.perform(step_context("end", definition={"transitions": []}), **{"from": "join//0"}), {})

        run = self.records("latestRun", "Train", "succeeded")
        self.assertEqual((run["run"], run["status"], run["tags"]), ("r1", "succeeded", ["t"]))
        self.assertEqual(self.records("steps", "Train", "r1"), ["start", "fit", "join", "end"])
        (joined,) = self.records("tasks", "Train", "r1", "join")
        self.assertEqual(joined["committed"]["artifacts"]["x"]["inline"], "[100000,100010,100020]")
        self.assertEqual(joined["attempts"][0]["log"], {"kind": "cloudwatch", "group": "g", "stream": "s"})
        model = joined["committed"]["artifacts"]["model"]
        self.assertEqual(
            self.typescript("get", bucket="artifacts", blob=model), text_of(b'{"weights":"%s"}' % (b"w" * 100_000))
        )
        self.assertEqual([task["path"] for task in self.records("tasks", "Train", "r1", "fit")], ["0", "1", "2"])

        os.environ.update(self.env)
        self.addCleanup(lambda: [os.environ.pop(name) for name in self.env])
        with client.open(table=self.table, bucket="artifacts") as opened:
            self.assertEqual(opened.flow("Train").latest_successful_run().data.x, [100000, 100010, 100020])  # type: ignore[union-attr]
            self.assertEqual([task.id for task in opened.flow("Train").run("latest").step("fit").tasks()], ["0", "1", "2"])
            self.assertEqual([run.id for run in opened.flow("Train").runs(tag="t")], ["r1"])
            self.assertEqual([flow.name for flow in opened.flows()], ["Train"])
            run = opened.flow("Train").run("r1")
            run.add_tag("best")
            run.remove_tag("t")
            self.assertEqual(self.records("run", "Train", "r1")["tags"], ["best"])
            self.assertEqual([run["run"] for run in self.records("runs", "Train", {"tag": "best"})], ["r1"])

    def test_the_first_attempt_that_commits_wins(self) -> None:
        self.begin()
        choice = [{"kind": "next", "steps": ["left"]}, {"kind": "next", "steps": ["right"]}]
        folder = flow_folder(first="def start(flow):\n    flow.x = 1\n    return 'right'\n", second="def start(flow):\n    1 / 0\n")
        self.folder = folder
        self.assertEqual(self.perform(step_context("start", "first.py", definition={"transitions": choice}), "0.0"), {"choice": 1})
        # It does not run again, and follows what is on record.
        self.assertEqual(self.perform(step_context("start", "second.py", definition={"transitions": choice}), "0.1"), {"choice": 1})

    def test_a_failure_is_on_record_and_another_attempt_has_the_next_number(self) -> None:
        self.begin()
        for attempt in range(2):
            with self.assertRaises(TaskFailedError) as caught:
                self.perform(step_context("fail"), f"0.{attempt}")
            self.assertEqual(caught.exception.failure["name"], "KeyError")
        (task,) = self.records("tasks", "Train", "r1", "fail")
        self.assertEqual([(one["attempt"], one["status"], one["failure"]["message"]) for one in task["attempts"]], [
            (0, "failed", "'no such column'"), (1, "failed", "'no such column'"),
        ])  # fmt: skip

    def test_a_step_that_leaves_has_failed(self) -> None:
        self.begin()
        with self.assertRaises(TaskFailedError) as caught:
            self.perform(step_context("leave"))
        self.assertEqual(caught.exception.failure["name"], "TASK_DIED")

    def test_tasks_without_what_comes_before(self) -> None:
        for event, message in [
            ({}, "There is no record of the run Train/r1."),
            ({"from": "start//0"}, "The step fit comes after the task start//0, which has committed nothing."),
        ]:
            with self.assertRaises(Exception) as caught:
                self.perform(step_context("fit"), **event)
            self.assertEqual(str(caught.exception), message)

    def test_lambda_and_batch(self) -> None:
        self.begin()
        with open(os.path.join(self.folder, "step.json"), "w", encoding="utf-8") as target:
            json.dump(step_context("fail"), target)
        env = {**self.env, "MILLRACE_TABLE": self.table, "MILLRACE_BUCKET": "artifacts"}
        code = """if True:
            from types import SimpleNamespace
            from millrace.lambda_handler import handler
            invocation = SimpleNamespace(log_group_name="g", log_stream_name="s", aws_request_id="i")
            try:
                handler({"run": "r1", "path": "", "visit": 0, "from": "", "retry": 0, "redrive": 2}, invocation)
            except Exception as error:
                print(type(error).__name__, error)
        """
        done = run_python("-c", code, env={**env, "LAMBDA_TASK_ROOT": self.folder})
        self.assertEqual((done.stdout.splitlines()[-1], done.stderr), ("KeyError 'no such column'", ""))
        job = {"MILLRACE_RUN": "r1", "MILLRACE_PATH": "", "MILLRACE_VISIT": "0", "MILLRACE_FROM": "", "MILLRACE_RETRY": "1"}
        done = run_python("-m", "millrace.batch", env={**env, **job, "AWS_BATCH_JOB_ATTEMPT": "2"}, cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout, done.stderr.splitlines()[-1]), (1, "", "KeyError: 'no such column'"))
        with open(os.path.join(self.folder, "step.json"), "w", encoding="utf-8") as target:
            json.dump(step_context("start"), target)
        done = run_python("-m", "millrace.batch", env={**env, **job}, cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        (task,) = self.records("tasks", "Train", "r1", "fail")
        self.assertEqual(task["attempts"][0]["log"], {"kind": "cloudwatch", "group": "g", "stream": "s", "request": "i"})
        self.assertEqual(len(task["attempts"]), 2)

    def test_blobs_in_both_directions(self) -> None:
        noise = random.Random(1)
        for content in (b"", b"text " * 1000, noise.randbytes(300_000), noise.randbytes(20 * 2**20)):
            with self.subTest(len(content)):
                blob = self.blobs.put(content)
                self.assertEqual(self.blobs.put(content), blob)
                self.assertEqual(self.blobs.get(blob), content)
                self.assertEqual(self.typescript("get", bucket="artifacts", blob=blob), text_of(content))
        blob = self.typescript("put", bucket="artifacts", content=text_of(b"from TypeScript " * 1000))
        self.assertEqual(self.blobs.get(blob), b"from TypeScript " * 1000)
        with self.assertRaises(BlobMissingError):
            self.blobs.get({"hash": "0" * 64, "size": 1})
        with self.assertRaises(BlobCorruptError):
            self.blobs.get({**blob, "size": 17})

    def test_throttled_and_failed_calls_are_repeated(self) -> None:
        self.begin()
        for do in ("throttle", "fail", "reset"):
            for service in ("dynamodb", "s3"):
                self.fault(on="request", do=do, where={"service": service}, times=2)
        self.assertEqual(self.perform(step_context("start")), {})
        with urllib.request.urlopen(f"{self.endpoint}/_emulator/faults") as answer:
            self.assertEqual([fault["struck"] for fault in json.load(answer)], [2] * 6)
        (task,) = self.records("tasks", "Train", "r1", "start")
        self.assertEqual([one["status"] for one in task["attempts"]], ["succeeded"])

    def test_what_is_refused_says_so(self) -> None:
        with self.assertRaises(AwsError) as caught:
            DynamoMetadataStore("no-table", self.aws).run("Train", "r1")
        self.assertEqual((caught.exception.aws_code, caught.exception.fix), ("ResourceNotFoundException", "Check the table's name and region."))
        with self.assertRaises(AwsError) as caught:
            S3Bucket(self.aws, "no-bucket").get("key")
        self.assertEqual(caught.exception.aws_code, "NoSuchBucket")


class Signatures(unittest.TestCase):
    def test_the_example_of_the_documentation(self) -> None:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, GET Object"""
        credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None)
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        now = datetime(2013, 5, 24, tzinfo=timezone.utc)
        headers = sign(
            "GET", "examplebucket.s3.amazonaws.com", "/test.txt", "", {"range": "bytes=0-9"}, empty, credentials, "s3", "us-east-1", now
        )
        self.assertTrue(headers["authorization"].endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"))


class ContainerCredentials(unittest.TestCase):
    def serve(self, answers: list[tuple[int, dict[str, str]]]) -> tuple[dict[str, str], list[str | None]]:
        tokens: list[str | None] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tokens.append(self.headers.get("Authorization"))
                status, answer = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}/credentials"
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "secret"}, tokens

    def test_are_fetched_again_before_they_expire(self) -> None:
        def keys(number: int, expires: str) -> tuple[int, dict[str, str]]:
            return 200, {"AccessKeyId": f"k{number}", "SecretAccessKey": "s", "Token": "t", "Expiration": expires}

        env, tokens = self.serve([(500, {}), keys(1, "2020-01-01T00:00:00Z"), keys(2, "2999-01-01T00:00:00Z")])
        source = CredentialSource(env)
        self.assertEqual([source.get().access_key_id for _ in range(3)], ["k1", "k2", "k2"])
        self.assertEqual(tokens, ["secret"] * 3)
        source.expire(source.get())
        source.get()
        self.assertEqual(len(tokens), 4)

    def test_come_from_this_machine_or_over_https_alone(self) -> None:
        for env, message in [
            ({}, "There are no AWS credentials in the environment, and no container that gives any."),
            (
                {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/x"},
                "AWS_CONTAINER_CREDENTIALS_FULL_URI names example.com, which is neither HTTPS nor this machine.",
            ),
        ]:
            with self.assertRaises(CredentialsError) as caught:
                CredentialSource(env).get()
            self.assertEqual(str(caught.exception), message)


if __name__ == "__main__":
    unittest.main()
