"""CloudWatch Logs: where the console output of emulated programs goes."""
import time

from moto.logs.models import logs_backends

from .settings import ACCOUNT, REGION


def write(group: str, stream: str, text: str) -> None:
    """Appends each line of a program's output as an event."""
    messages = [line for line in text.splitlines() if line]
    if not messages:
        return
    backend = logs_backends[ACCOUNT][REGION]
    backend.ensure_log_group(group)
    if stream not in backend.groups[group].streams:
        backend.create_log_stream(group, stream)
    now = int(time.time() * 1000)
    backend.put_log_events(group, stream, [{"timestamp": now, "message": message} for message in messages])
