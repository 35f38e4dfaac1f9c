"""A step on Lambda: the function's handler is ``millrace.lambda_handler.handler``."""

from __future__ import annotations

import os

from .cloud import CloudStep, attempt_token
from .task.failure import TaskFailedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .task.protocol import TaskAnswer, TaskEvent

_step = CloudStep(os.environ["LAMBDA_TASK_ROOT"])


def handler(event: TaskEvent, context: Any) -> TaskAnswer:
    """Raises an exception whose class has the name of what the step raised: Step Functions matches retries by it."""
    log = {
        "kind": "cloudwatch",
        "group": context.log_group_name,
        "stream": context.log_stream_name,
        "request": context.aws_request_id,
    }
    try:
        return _step.perform(event, attempt_token(event), log)
    except TaskFailedError as error:
        if "stack" in error.failure:
            print(error.failure["stack"])
        raise type(error.failure["name"], (TaskFailedError,), {})(error.failure) from None
