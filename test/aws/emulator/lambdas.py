"""Lambda: a function's zip is unpacked, or its image copied, and its handler answers in warm Node or Python processes."""
import base64
import io
import json
import os
import queue
import shutil
import subprocess
import threading
import time
import uuid
import zipfile

import moto.awslambda.models as awslambda
from moto.core.common_models import CloudFormationModel

from . import faults, images, logs, processes
from .settings import NODE, program_environment

HERE = os.path.dirname(os.path.abspath(__file__))
# More processes than this for one function would only wait for the same cores.
SANDBOXES_PER_FUNCTION = 4


class Sandbox:
    """One execution environment: a process that answers one invocation at a time."""

    def __init__(self, function: awslambda.LambdaFunction, code: str, runtime: str, handler: str, python: str):
        name = function.function_name
        self.log_group = getattr(function, "log_group", None) or f"/aws/lambda/{name}"
        self.log_stream = time.strftime("%Y/%m/%d/") + f"[{function_version(function)}]{uuid.uuid4().hex}"
        environment = program_environment(
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_SESSION_TOKEN=f"lambda/{name}",
            AWS_LAMBDA_FUNCTION_NAME=name,
            AWS_LAMBDA_FUNCTION_VERSION=function_version(function),
            AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(function.memory_size),
            AWS_LAMBDA_LOG_GROUP_NAME=self.log_group,
            AWS_LAMBDA_LOG_STREAM_NAME=self.log_stream,
            AWS_EXECUTION_ENV=f"AWS_Lambda_{runtime}",
            LAMBDA_TASK_ROOT=code,
            _HANDLER=handler,
        )
        environment.update({name: str(value) for name, value in function.environment_vars.items()})
        program = [python, "-u", os.path.join(HERE, "sandbox.py")] if runtime.startswith("python") else [NODE, os.path.join(HERE, "sandbox.mjs")]
        # Console lines and answers share one pipe, so that an invocation's lines are complete when its answer comes.
        channel, theirs = os.pipe()
        self.process = processes.start([*program, str(theirs)], cwd=code, env=environment, pass_fds=[theirs], text=True, bufsize=1,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.close(theirs)
        self.answers: queue.Queue[dict | None] = queue.Queue()
        self.console: list[str] = []
        threading.Thread(target=self._read_channel, args=(channel,), daemon=True).start()
        # What bypasses the runtime: native code, child processes, the last words of a crash.
        self._stray_output = threading.Thread(target=lambda: self.console.extend(self.process.stdout), daemon=True)
        self._stray_output.start()

    def _read_channel(self, channel: int) -> None:
        with open(channel, encoding="utf-8") as messages:
            for line in messages:
                message = json.loads(line)
                if "log" in message:
                    self.console.append(message["log"])
                else:
                    self.answers.put(message)
        self.answers.put(None)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def invoke(self, event: object, function: awslambda.LambdaFunction) -> dict:
        """The handler's {"result"} or {"error"}."""
        seconds, request_id = int(function.timeout), str(uuid.uuid4())
        context = {
            "awsRequestId": request_id,
            "functionName": function.function_name,
            "functionVersion": function_version(function),
            "invokedFunctionArn": function.function_arn,
            "memoryLimitInMB": str(function.memory_size),
            "logGroupName": self.log_group,
            "logStreamName": self.log_stream,
            "deadline": int(time.time() * 1000) + seconds * 1000,
        }
        fault = faults.strike("lambda", function=function.function_name) or {"do": None}
        try:
            if fault["do"] == "kill-at-start":
                processes.kill(self.process)
            self.process.stdin.write(json.dumps({"event": event, "context": context}) + "\n")
            self.process.stdin.flush()
            if fault["do"] == "kill-after":
                time.sleep(fault["milliseconds"] / 1000)
                processes.kill(self.process)
            reply = self.answers.get(timeout=seconds)
            if fault["do"] == "kill-before-answer":
                processes.kill(self.process)
                reply = None
        except queue.Empty:
            processes.kill(self.process)
            return failure("Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {seconds}.00 seconds")
        except OSError:
            reply = None
        if reply is None:
            processes.kill(self.process)
            self._stray_output.join(1)
            return failure("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: exit status {self.process.returncode}")
        return reply

    def take_console(self) -> str:
        """What the handler wrote since the last call."""
        lines, self.console[:] = "".join(self.console), []
        return lines


class Fleet:
    """The execution environments of one version of a function's code and configuration."""

    def __init__(self, function: awslambda.LambdaFunction):
        self.code = processes.folder("lambda")
        self.runtime, self.handler, self.python = function.run_time, function.handler, images.Image().python
        if "ImageUri" in function.code:
            image = images.find(function.code["ImageUri"])
            self.python = image.python
            shutil.copytree(image.folder, self.code, dirs_exist_ok=True)
            # Of Lambda's own images, public.ecr.aws/lambda/python:3.14, whose command is the handler.
            self.runtime, [self.handler] = image.base.rpartition("/")[2].replace(":", ""), image.command
        else:
            zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(self.code)
        if self.runtime.startswith("nodejs") and set(os.listdir(self.code)) == {"index.py", "cfnresponse.py"}:
            # moto zips a template's inline code as Python, whatever its runtime is.
            os.rename(os.path.join(self.code, "index.py"), os.path.join(self.code, "index.js"))
        self.idle: queue.LifoQueue[Sandbox] = queue.LifoQueue()
        self.room = threading.Semaphore(SANDBOXES_PER_FUNCTION)

    def invoke(self, event: object, function: awslambda.LambdaFunction) -> tuple[dict, str]:
        """The reply and the console's lines; waits for a free process when all are busy."""
        with self.room:
            try:
                sandbox = self.idle.get_nowait()
            except queue.Empty:
                sandbox = Sandbox(function, self.code, self.runtime, self.handler, self.python)
            reply = sandbox.invoke(event, function)
            console = sandbox.take_console()
            logs.write(sandbox.log_group, sandbox.log_stream, console)
            if sandbox.alive:
                self.idle.put(sandbox)
        return reply, console


_fleets: dict[tuple, Fleet] = {}
_lock = threading.Lock()


def function_version(function: awslambda.LambdaFunction) -> str:
    """A published version's number or $LATEST; moto gives the unpublished one a number too."""
    return str(function.version) if function.function_arn.endswith(f":{function.version}") else "$LATEST"


def failure(kind: str, message: str) -> dict:
    return {"error": {"errorType": kind, "errorMessage": message}}


def invoke(function: awslambda.LambdaFunction, event: str | dict | None = None) -> tuple[str, bool, str]:
    """Stands in for moto's container: the payload, whether it is an error, and the log."""
    key = (function.function_arn, function.code_sha_256, json.dumps(function.environment_vars, sort_keys=True), function.handler)
    with _lock:
        if key not in _fleets:
            _fleets[key] = Fleet(function)
        fleet = _fleets[key]
    reply, console = fleet.invoke(json.loads(event) if isinstance(event, str) else event or {}, function)
    return json.dumps(reply.get("error", reply.get("result"))), "error" in reply, console


def invoke_later(function: awslambda.LambdaFunction, event: dict) -> None:
    """An asynchronous invocation."""
    threading.Thread(target=invoke, args=(function, event), daemon=True).start()


# ---- CloudFormation ----------------------------------------------------------------------------------------------

create_function = awslambda.LambdaFunction.create_from_cloudformation_json.__func__
update_function = awslambda.LambdaFunction.update_from_cloudformation_json.__func__


def create_from_template(cls, resource_name, cloudformation_json, *positional, **keywords):
    function = create_function(cls, resource_name, cloudformation_json, *positional, **keywords)
    function.log_group = cloudformation_json["Properties"].get("LoggingConfig", {}).get("LogGroup")
    return function


def update_from_template(cls, original_resource, new_resource_name, cloudformation_json, *positional, **keywords):
    code = cloudformation_json["Properties"]["Code"]
    if "ZipFile" in code:  # moto zips inline code when a function is created, and not when it is updated
        code["ZipFile"] = base64.b64encode(cls._create_zipfile_from_plaintext_code(code["ZipFile"]))
    function = update_function(cls, original_resource, new_resource_name, cloudformation_json, *positional, **keywords)
    function.log_group = cloudformation_json["Properties"].get("LoggingConfig", {}).get("LogGroup")
    return function


class Version(CloudFormationModel):
    """A published version: it keeps the code and configuration that the function had."""

    __module__ = awslambda.__name__  # moto files a model under its module's service
    cloudformation_name_type = staticmethod(lambda: "")
    cloudformation_type = staticmethod(lambda: "AWS::Lambda::Version")

    def __init__(self, function: awslambda.LambdaFunction):
        self.function = function

    @property
    def physical_resource_id(self) -> str:
        return self.function.function_arn

    has_cfn_attr = classmethod(lambda cls, attribute: attribute in ("Version", "FunctionArn"))

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return str(self.function.version) if attribute_name == "Version" else self.function.function_arn

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        name = cloudformation_json["Properties"]["FunctionName"]
        return cls(awslambda.lambda_backends[account_id][region_name].publish_version(name))

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, *_, **__):
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        awslambda.lambda_backends[account_id][region_name].delete_function(self.function.function_name, str(self.function.version))


def install() -> None:
    function = awslambda.LambdaFunction
    function._invoke_lambda = invoke
    function.create_from_cloudformation_json = classmethod(create_from_template)
    function.update_from_cloudformation_json = classmethod(update_from_template)
