"""What a task wrote to its console."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..aws.client import AwsClient
    from ..metadata.records import AttemptRecord

# Milliseconds by which the clocks of who records an attempt's start and of who stamps its lines may differ.
_SKEW = 60_000


class Line:
    """``time``: ISO 8601, UTC. ``stream``: ``stdout`` or ``stderr``."""

    __slots__ = ("attempt", "time", "stream", "text")

    def __init__(self, attempt: int, time: str, stream: str, text: str) -> None:
        self.attempt = attempt
        self.time = time
        self.stream = stream
        self.text = text

    def __repr__(self) -> str:
        return self.text


def lines_of(attempt: AttemptRecord, folder: str, aws: AwsClient | None) -> Iterator[Line]:
    """Of one attempt. One that wrote none has no file."""
    log = attempt.get("log", {})
    if log.get("kind") == "file":
        yield from _from_file(os.path.join(folder, log["file"]), attempt["attempt"])
    elif log.get("kind") == "cloudwatch" and aws is not None:
        yield from _from_cloudwatch(aws, log, attempt)


def _from_file(file: str, attempt: int) -> Iterator[Line]:
    try:
        with open(file, encoding="utf-8") as source:
            for text in source:
                try:
                    line = json.loads(text)
                except ValueError:  # the last line of a runner that was killed may be half there
                    continue
                yield Line(attempt, line["time"], line["stream"], line["text"])
    except FileNotFoundError:
        return


def _from_cloudwatch(aws: AwsClient, log: dict[str, str], attempt: AttemptRecord) -> Iterator[Line]:
    """Of a Lambda function's stream only what belongs to the request: the stream holds others too."""
    from datetime import datetime, timezone

    request = log.get("request")
    current = request
    for event in _events(aws, log["group"], log["stream"], attempt["startedAt"]):
        document = _document(event["message"])
        if str(document.get("type", "")).startswith("platform."):
            if document["type"] == "platform.start":
                current = document.get("record", {}).get("requestId")
            continue
        text, stream, own = event["message"], "stdout", current
        if "requestId" in document and "level" in document:
            text, own = document["message"], document["requestId"]
            stream = "stderr" if document["level"] in ("WARN", "ERROR", "FATAL") else "stdout"
        if request is not None and own != request:
            continue
        time = datetime.fromtimestamp(event["timestamp"] / 1000, timezone.utc).isoformat(timespec="milliseconds")
        for part in str(text).rstrip("\n").split("\n"):
            yield Line(attempt["attempt"], time.replace("+00:00", "Z"), stream, part)


def _events(aws: AwsClient, group: str, stream: str, started_at: str):  # type: ignore[no-untyped-def]
    from datetime import datetime

    from ..aws.errors import AwsError

    start = int(datetime.fromisoformat(started_at.replace("Z", "+00:00")).timestamp() * 1000) - _SKEW
    payload = {"logGroupName": group, "logStreamName": stream, "startTime": start, "startFromHead": True}
    url = (aws.endpoint("logs") or f"https://logs.{aws.region}.{aws.domain}") + "/"
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328.GetLogEvents"}
    while True:
        try:
            answer = aws.send("logs", "GetLogEvents", "POST", url, headers=headers, body=json.dumps(payload).encode())
        except AwsError as error:
            # Retention has removed them, or the task has not written any yet.
            if error.aws_code == "ResourceNotFoundException":
                return
            raise
        page = json.loads(answer.content)
        yield from page["events"]
        # The same token again: there is nothing further.
        if page.get("nextForwardToken") in (None, payload.get("nextToken")):
            return
        payload["nextToken"] = page["nextForwardToken"]


def _document(message: str) -> dict:  # type: ignore[type-arg]
    if message.startswith("{"):
        try:
            document = json.loads(message)
            return document if isinstance(document, dict) else {}
        except ValueError:
            pass
    return {}
