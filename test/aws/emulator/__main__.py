"""Starts the emulator: `python3 -m emulator --port 5055` in test/aws."""
import logging
import os

from .settings import ENDPOINT, OPTIONS

os.environ["MOTO_PORT"] = str(OPTIONS.port)  # read by moto when it is imported

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import run_simple  # noqa: E402

from . import batch, cloudformation, codebuild, events, lambdas, processes, sagemaker, stepfunctions  # noqa: E402
from .gateway import Gateway  # noqa: E402


def main() -> None:
    processes.stop_on_signals(with_parent=OPTIONS.exit_with_parent)
    for service in (cloudformation, lambdas, batch, codebuild, events, sagemaker, stepfunctions):
        service.install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    print(f"AWS is emulated at {ENDPOINT}", flush=True)
    run_simple("127.0.0.1", OPTIONS.port, Gateway(DomainDispatcherApplication(create_backend_app)), threaded=True)


main()
