"""A Lambda execution environment for Python. In, on standard input: a JSON line {event, context} an invocation.
Out, on the file descriptor named by the argument: lines {log} as the handler writes them, then {result} or {error}.
"""
import importlib
import io
import json
import os
import sys
import time
import traceback

channel = open(int(sys.argv[1]), "w", encoding="utf-8")


def send(message: dict) -> None:
    channel.write(json.dumps(message) + "\n")
    channel.flush()


class Console(io.TextIOBase):
    def write(self, text: str) -> int:
        send({"log": text})
        return len(text)


sys.stdout = sys.stderr = Console()
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])


class Context:
    """What a handler gets as its second argument."""

    def __init__(self, values: dict):
        self.aws_request_id = values["awsRequestId"]
        self.function_name = values["functionName"]
        self.function_version = values["functionVersion"]
        self.invoked_function_arn = values["invokedFunctionArn"]
        self.memory_limit_in_mb = values["memoryLimitInMB"]
        self.log_group_name = values["logGroupName"]
        self.log_stream_name = values["logStreamName"]
        self._deadline = values["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        return self._deadline - int(time.time() * 1000)


module_name, _, attribute = os.environ["_HANDLER"].rpartition(".")
for line in sys.stdin:
    message = json.loads(line)
    try:
        handler = getattr(importlib.import_module(module_name.replace("/", ".")), attribute)
        reply = {"result": handler(message["event"], Context(message["context"]))}
    except Exception as problem:
        reply = {"error": {"errorType": type(problem).__name__, "errorMessage": str(problem), "stackTrace": traceback.format_exc().splitlines()}}
    send(reply)
