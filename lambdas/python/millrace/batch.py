"""A step on Batch: ``python -m millrace.batch`` in the bundle's folder.

The process ends with 0 where the task succeeded, else with 1 and the error as its last words.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import traceback

from .cloud import CloudStep, attempt_token, variable
from .task.failure import TaskFailedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .task.protocol import TaskEvent


def main() -> int:
    # A step that crashes in native code says where.
    faulthandler.enable(all_threads=False)
    try:
        step = CloudStep(os.getcwd())
        event = _event()
        job = int(os.environ.get("AWS_BATCH_JOB_ATTEMPT", "1"))
        step.perform(event, attempt_token(event, job), _log_pointer(step.context["step"]))
        return 0
    except TaskFailedError as error:
        failure = error.failure
        print(failure.get("stack", ""), f"{failure['name']}: {failure['message']}", sep="\n", file=sys.stderr)
    except Exception:
        traceback.print_exc()
    return 1


def _event() -> TaskEvent:
    """From the job's environment, where all of it is text."""
    env = os.environ
    event: TaskEvent = {
        "run": variable("MILLRACE_RUN"),
        "path": env.get("MILLRACE_PATH", ""),
        "visit": int(env.get("MILLRACE_VISIT") or 0),
        "from": env.get("MILLRACE_FROM", ""),
        "retry": int(env.get("MILLRACE_RETRY") or 0),
        "redrive": int(env.get("MILLRACE_REDRIVE") or 0),
    }
    if env.get("MILLRACE_COUNTS"):
        event["counts"] = env["MILLRACE_COUNTS"]
    return event


def _log_pointer(prefix: str) -> dict[str, str] | None:
    """The log driver names a job's stream by the container's task, which the container's agent tells."""
    group, agent = os.environ.get("MILLRACE_LOG_GROUP"), os.environ.get("ECS_CONTAINER_METADATA_URI_V4")
    if not group or not agent:
        return None
    from urllib.request import ProxyHandler, build_opener

    try:
        with build_opener(ProxyHandler({})).open(f"{agent}/task", timeout=2) as answer:
            task = str(json.load(answer)["TaskARN"]).split("/")[-1]
    except (OSError, ValueError, KeyError):
        return None
    return {"kind": "cloudwatch", "group": group, "stream": f"{prefix}/default/{task}"}


if __name__ == "__main__":
    sys.exit(main())
