"""SageMaker: an endpoint runs its image's command as a process, which gets the invocations.

An endpoint comes into service when its container answers /ping, and has failed where that ends or does not answer. An update starts
the new container beside the old one: where it does not come up, the old one stays, and the endpoint says why.
"""
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse

import moto.sagemaker.models as sagemaker
import moto.sagemakerruntime.responses as runtime
from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.responses import SageMakerResponse
from moto.s3.models import s3_backends

from . import images, processes
from .settings import program_environment

READY_SECONDS = 30
INVOCATION_SECONDS = 60  # SageMaker's own limit
LAST_WORDS = 1500


class NotReady(Exception):
    """The container did not come up."""


@dataclass
class Server:
    """A container of an endpoint."""

    port: int
    process: subprocess.Popen

    def request(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=INVOCATION_SECONDS)
        connection.request(method, path, body, headers or {})
        return connection.getresponse()


_servers: dict[str, Server] = {}  # those in service, by endpoint


# ---- containers --------------------------------------------------------------------------------------------------


def start(account: str, region: str, config_name: str) -> Server:
    """The container of a configuration's first variant, once it answers /ping.

    :raises NotReady: it does not; the message is a failure reason, with the container's last lines.
    """
    backend = sagemaker.sagemaker_backends[account][region]
    config = backend.endpoint_configs[config_name]
    model = backend.describe_model(config.production_variants[0]["ModelName"])
    container = model.primary_container or model.containers[0]
    try:
        image = images.find(container["Image"])
    except FileNotFoundError as problem:
        raise NotReady(f"The image cannot be pulled: {problem}.") from problem
    folder = processes.folder("endpoint")
    if image.folder:
        shutil.copytree(image.folder, folder, symlinks=True, dirs_exist_ok=True)
    model_folder = os.path.join(folder, "opt-ml-model")  # what is /opt/ml/model in a container
    os.makedirs(model_folder)
    if container.get("ModelDataUrl"):
        _unpack(account, container["ModelDataUrl"], model_folder)
    port = _free_port()
    environment = image.environment | container.get("Environment", {}) | program_environment(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{program_environment()['AWS_ENDPOINT_URL']}/_emulator/credentials/sagemaker/{model.model_name}",
        PORT=str(port),
        SAGEMAKER_BIND_TO_PORT=str(port),
        SM_MODEL_DIR=model_folder,
    )
    command = image.command + ["serve"] * image.entrypoint
    with open(os.path.join(folder, "endpoint.log"), "w", encoding="utf-8") as log:
        process = processes.start(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
    server = Server(port, process)
    _until_ready(server, log.name)
    return server


def _unpack(account: str, url: str, folder: str) -> None:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    content = s3_backends[account]["aws"].get_object(bucket, key)
    if content is None:
        raise NotReady(f"Could not find model data at {url}.")
    with tarfile.open(fileobj=io.BytesIO(content.value), mode="r:gz") as archive:
        archive.extractall(folder, filter="data")


def _until_ready(server: Server, log: str) -> None:
    deadline = time.time() + READY_SECONDS
    while time.time() < deadline and server.process.poll() is None:
        try:
            if server.request("GET", "/ping").status == 200:
                return
        except (OSError, HTTPException):
            pass
        time.sleep(0.1)
    processes.kill(server.process)
    with open(log, encoding="utf-8") as output:
        words = output.read()[-LAST_WORDS:]
    raise NotReady(f"The primary container for production variant AllTraffic did not pass the ping health check. Please check CloudWatch logs for this endpoint. {words}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# ---- endpoints ---------------------------------------------------------------------------------------------------


create_endpoint_record = sagemaker.SageMakerModelBackend.create_endpoint


def create_endpoint(self: sagemaker.SageMakerModelBackend, endpoint_name: str, endpoint_config_name: str, tags: list | None) -> sagemaker.FakeEndpoint:
    if endpoint_name in self.endpoints:
        raise ValidationError(message=f'Cannot create already existing endpoint "{self.endpoints[endpoint_name].arn}".')
    endpoint = create_endpoint_record(self, endpoint_name, endpoint_config_name, tags or [])
    endpoint.endpoint_status = "Creating"

    def failed(reason: str) -> None:
        endpoint.endpoint_status, endpoint.failure_reason = "Failed", reason

    _settle(self, endpoint, endpoint_config_name, failed)
    return endpoint


def update_endpoint(self: sagemaker.SageMakerModelBackend, endpoint_name: str, endpoint_config_name: str) -> sagemaker.FakeEndpoint:
    self.describe_endpoint(endpoint_name)
    self.describe_endpoint_config(endpoint_config_name)
    endpoint = self.endpoints[endpoint_name]
    if endpoint.endpoint_status != "InService":
        raise ValidationError(message=f'Cannot update in-progress endpoint "{endpoint.arn}".')
    if endpoint.endpoint_config_name == endpoint_config_name:
        raise ValidationError(message="Cannot update endpoint: the new endpoint configuration is the one in use.")
    endpoint.endpoint_status, endpoint.failure_reason = "Updating", None

    def rolled_back(reason: str) -> None:
        endpoint.endpoint_status, endpoint.failure_reason = "InService", reason

    _settle(self, endpoint, endpoint_config_name, rolled_back)
    return endpoint


def _settle(backend: sagemaker.SageMakerModelBackend, endpoint: sagemaker.FakeEndpoint, config_name: str, failed: Callable[[str], None]) -> None:
    """Starts the configuration's container in a thread; when it answers, it takes the place of the one before."""

    def run() -> None:
        try:
            server = start(backend.account_id, backend.region_name, config_name)
        except Exception as problem:  # whatever it is, the endpoint must not stay on its way for ever
            return failed(getattr(problem, "message", None) or str(problem))
        if backend.endpoints.get(endpoint.endpoint_name) is not endpoint:  # deleted meanwhile
            return processes.kill(server.process)
        before = _servers.get(endpoint.endpoint_name)
        _servers[endpoint.endpoint_name] = server
        endpoint.endpoint_config_name, endpoint.endpoint_status = config_name, "InService"
        if before:
            processes.kill(before.process)

    endpoint.settling = threading.Thread(target=run, daemon=True)
    endpoint.settling.start()


delete_endpoint_record = sagemaker.SageMakerModelBackend.delete_endpoint


def delete_endpoint(self: sagemaker.SageMakerModelBackend, endpoint_name: str) -> None:
    delete_endpoint_record(self, endpoint_name)
    server = _servers.pop(endpoint_name, None)
    if server:
        processes.kill(server.process)


def unique(kind: str, name: str, known: str) -> Callable:
    """A backend's operation that refuses a name that is taken, as SageMaker does."""
    create = getattr(sagemaker.SageMakerModelBackend, f"create_{kind}")

    def create_once(self: sagemaker.SageMakerModelBackend, **keywords):
        if keywords[name] in getattr(self, known):
            raise ValidationError(message=f'Cannot create already existing {kind.replace("_", " ")} "{keywords[name]}".')
        return create(self, **keywords)

    return create_once


def respond_update_endpoint(self: SageMakerResponse) -> ActionResult:
    endpoint = self.sagemaker_backend.update_endpoint(self._get_param("EndpointName"), self._get_param("EndpointConfigName"))
    return ActionResult({"EndpointArn": endpoint.arn})


def invoke_endpoint(self: runtime.SageMakerRuntimeResponse):
    """InvokeEndpoint: what the container answers, or SageMaker's ModelError around it."""
    name = self.path.split("/")[2]
    server = _servers.get(name)
    if server is None:
        return 400, {"status": 400, "x-amzn-errortype": "ValidationError"}, json.dumps({"Message": f"Endpoint {name} of account {self.current_account} not found."})
    passed_on = ("content-type", "accept", "x-amzn-sagemaker")
    headers = {name: value for name, value in self.headers.items() if name.lower().startswith(passed_on)}
    body = self.raw_body if hasattr(self, "raw_body") else self.body
    response = server.request("POST", "/invocations", body, headers)
    content = response.read()
    if response.status < 400:
        media_type = response.getheader("content-type", "application/octet-stream")
        return 200, {"content-type": media_type, "x-Amzn-Invoked-Production-Variant": "AllTraffic"}, content
    message = content.decode(errors="replace")
    error = {
        "Message": f"Received server error ({response.status}) from primary with message: {message}",
        "OriginalStatusCode": response.status,
        "OriginalMessage": message,
    }
    status = response.status if response.status < 500 else 424
    return status, {"status": status, "x-amzn-errortype": "ModelError"}, json.dumps(error)  # moto reads it off the headers


# ---- CloudFormation ----------------------------------------------------------------------------------------------


create_from_template = sagemaker.FakeEndpoint.create_from_cloudformation_json.__func__


def create_endpoint_from_template(cls, *positional, **keywords):
    return _settled(create_from_template(cls, *positional, **keywords))


def update_endpoint_from_template(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    config_name = cloudformation_json["Properties"]["EndpointConfigName"]
    if config_name != original_resource.endpoint_config_name:
        sagemaker.sagemaker_backends[account_id][region_name].update_endpoint(original_resource.endpoint_name, config_name)
    return _settled(original_resource)


def _settled(endpoint: sagemaker.FakeEndpoint) -> sagemaker.FakeEndpoint:
    """A stack waits for its endpoint, and fails with it."""
    if hasattr(endpoint, "settling"):
        endpoint.settling.join()
    if endpoint.failure_reason:
        raise ValidationError(message=endpoint.failure_reason)
    return endpoint


def install() -> None:
    backend = sagemaker.SageMakerModelBackend
    backend.create_model = unique("model", "model_name", "_models")
    backend.create_endpoint_config = unique("endpoint_config", "endpoint_config_name", "endpoint_configs")
    backend.create_endpoint, backend.update_endpoint, backend.delete_endpoint = create_endpoint, update_endpoint, delete_endpoint
    SageMakerResponse.update_endpoint = respond_update_endpoint
    runtime.SageMakerRuntimeResponse.invoke_endpoint = invoke_endpoint
    sagemaker.FakeEndpoint.create_from_cloudformation_json = classmethod(create_endpoint_from_template)
    sagemaker.FakeEndpoint.update_from_cloudformation_json = classmethod(update_endpoint_from_template)
    for model, name in ((sagemaker.FakeEndpoint, "EndpointName"), (sagemaker.FakeEndpointConfig, "EndpointConfigName"), (sagemaker.Model, "ModelName")):
        model.cloudformation_name_type = staticmethod(lambda name=name: name)
