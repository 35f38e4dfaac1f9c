"""SageMaker: an endpoint whose image is known runs that image's command as a process and gets the invocations."""
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse

import moto.sagemaker.models as sagemaker
import moto.sagemakerruntime.responses as runtime
from moto.s3.models import s3_backends

from . import images, processes
from .settings import program_environment

READY_SECONDS = 30
INVOCATION_SECONDS = 60  # SageMaker's own limit


@dataclass
class Server:
    """The container of one endpoint."""

    model: str
    port: int
    process: subprocess.Popen

    def request(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=INVOCATION_SECONDS)
        connection.request(method, path, body, headers or {})
        return connection.getresponse()


_servers: dict[str, Server] = {}
_lock = threading.Lock()


def server_of(account: str, region: str, endpoint_name: str) -> Server:
    """The endpoint's server, started when it is first called and again when its model has changed."""
    backend = sagemaker.sagemaker_backends[account][region]
    config = backend.endpoint_configs[backend.endpoints[endpoint_name].endpoint_config_name]
    model = backend._models[config.production_variants[0]["ModelName"]]
    with _lock:
        server = _servers.get(endpoint_name)
        if server and server.model != model.model_name:
            processes.kill(server.process)
            server = None
        if server is None:
            server = _servers[endpoint_name] = _start(account, model)
    return server


def _start(account: str, model: sagemaker.Model) -> Server:
    container = model.primary_container or model.containers[0]
    image = images.find(container["Image"])
    folder = processes.folder("endpoint")
    if image.folder:
        shutil.copytree(image.folder, folder, dirs_exist_ok=True)
    model_folder = os.path.join(folder, "opt-ml-model")
    os.makedirs(model_folder, exist_ok=True)
    if container.get("ModelDataUrl"):
        bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
        content = s3_backends[account]["aws"].get_object(bucket, key).value
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(model_folder, filter="data")
    port = _free_port()
    environment = image.environment | container.get("Environment", {}) | program_environment(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{program_environment()['AWS_ENDPOINT_URL']}/_emulator/credentials/sagemaker/{model.model_name}",
        PORT=str(port),
        SAGEMAKER_BIND_TO_PORT=str(port),
        EMULATOR_MODEL_DIR=model_folder,  # what is /opt/ml/model in a container
    )
    command = image.command + ["serve"] * image.entrypoint
    with open(os.path.join(folder, "endpoint.log"), "w", encoding="utf-8") as log:
        process = processes.start(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
    server = Server(model.model_name, port, process)
    _until_ready(server, log.name)
    return server


def _until_ready(server: Server, log: str) -> None:
    deadline = time.time() + READY_SECONDS
    while time.time() < deadline and server.process.poll() is None:
        try:
            if server.request("GET", "/ping").status == 200:
                return
        except OSError:
            time.sleep(0.1)
    processes.kill(server.process)
    with open(log, encoding="utf-8") as output:
        raise RuntimeError(f"the container of {server.model} did not answer /ping: {output.read()[-1500:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def invoke_endpoint(self: runtime.SageMakerRuntimeResponse):
    """InvokeEndpoint: what the container answers, or SageMaker's ModelError around it."""
    server = server_of(self.current_account, self.region, self.path.split("/")[2])
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
    return response.status if response.status < 500 else 424, {"x-amzn-errortype": "ModelError"}, json.dumps(error)


def install() -> None:
    runtime.SageMakerRuntimeResponse.invoke_endpoint = invoke_endpoint
    for model, name in ((sagemaker.FakeEndpoint, "EndpointName"), (sagemaker.FakeEndpointConfig, "EndpointConfigName"), (sagemaker.Model, "ModelName")):
        model.cloudformation_name_type = staticmethod(lambda name=name: name)
