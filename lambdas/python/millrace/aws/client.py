"""Signed calls over connections that are kept."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from urllib.parse import urlsplit

from .credentials import CredentialSource
from .errors import AwsError, failure_of, remedy_for
from .signature import sign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPConnection

    from ..data.content import Bytes

_ATTEMPTS = 8
# Seconds after which no further attempt begins.
_PATIENCE = 60
_TIMEOUTS = {"s3": 60, "dynamodb": 10, "logs": 10}
_LONGEST_DELAY = 10.0
_NAMES = {"s3": "S3", "dynamodb": "DynamoDB", "logs": "CloudWatch Logs"}
# A Lambda that was frozen finds its connections closed by the other side: those are not used again after so many seconds.
_IDLE = 20


class Response:
    """``headers`` have their names in lower case."""

    __slots__ = ("status", "headers", "content")

    def __init__(self, status: int, headers: Mapping[str, str], content: bytearray) -> None:
        self.status = status
        self.headers = headers
        self.content = content


class AwsClient:
    """Signed calls to AWS; safe to use from several threads.

    Throttled, failed and lost calls are repeated with full jitter
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), up to 8 attempts within a minute.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        """``env``: region, endpoints and credentials, under the names that the AWS SDKs use."""
        self.region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
        self._env = env
        self._credentials = CredentialSource(env)
        self._connections = _Connections()

    def endpoint(self, service: str) -> str | None:
        """The endpoint that the environment names instead of the service's own, as for an emulator."""
        named = self._env.get(f"AWS_ENDPOINT_URL_{service.upper()}") or self._env.get("AWS_ENDPOINT_URL")
        return named.rstrip("/") if named else None

    def close(self) -> None:
        """Closes the connections that are idle."""
        self._connections.close()

    @property
    def domain(self) -> str:
        return "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"

    def send(
        self,
        service: str,
        operation: str,
        method: str,
        url: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: Bytes = b"",
        body_hash: str | None = None,
    ) -> Response:
        """Raises AwsError where the last attempt failed too, or another one would not help; CredentialsError."""
        body_hash = body_hash or hashlib.sha256(body).hexdigest()
        name = f"{_NAMES[service]} {operation}"
        deadline = time.monotonic() + _PATIENCE
        refreshed = False
        attempt = 0
        while True:
            attempt += 1
            credentials = self._credentials.get()
            try:
                return self._attempt(service, name, method, url, query, headers or {}, body, body_hash, credentials)
            except AwsError as error:
                remedy = remedy_for(error)
                if remedy == "give up" or attempt == _ATTEMPTS or (remedy == "refresh" and refreshed):
                    raise
                if remedy == "refresh":
                    self._credentials.expire(credentials)
                    refreshed = True
                    continue
                base = 0.2 if remedy == "slow down" else 0.05
                delay = max(error.retry_after, random.random() * min(_LONGEST_DELAY, base * 2**attempt))
                if time.monotonic() + delay > deadline:
                    raise
            time.sleep(delay)

    def _attempt(self, service, name, method, url, query, headers, body, body_hash, credentials) -> Response:  # type: ignore[no-untyped-def]
        from datetime import datetime, timezone
        from http.client import HTTPException

        parts = urlsplit(url)
        now = datetime.now(timezone.utc)
        signed = sign(method, parts.netloc, parts.path, query, headers, body_hash, credentials, service, self.region, now)
        target = f"{parts.path}?{query}" if query else parts.path
        connection = self._connections.take(parts.scheme, parts.netloc, _TIMEOUTS[service])
        try:
            connection.request(method, target, body if method in ("PUT", "POST") else None, signed)
            answer = connection.getresponse()
            content = _read(answer)
        except (OSError, HTTPException) as error:
            connection.close()
            raise AwsError(name, str(error) or "no answer came", type(error).__name__) from error
        self._connections.give_back(parts.scheme, parts.netloc, connection)
        fields = {key.lower(): value for key, value in answer.getheaders()}
        if 200 <= answer.status < 300:
            return Response(answer.status, fields, content)
        raise failure_of(name, answer.status, fields, bytes(content))


def _read(answer) -> bytearray:  # type: ignore[no-untyped-def]
    """Into memory that may be written to: an array that is a view of it can then be changed in place."""
    from http.client import IncompleteRead

    if answer.length is None:
        return bytearray(answer.read())
    content = bytearray(answer.length)
    view, done = memoryview(content), 0
    while done < len(view):
        count = answer.readinto(view[done:])
        if count == 0:
            raise IncompleteRead(bytes(content[:done]), len(view) - done)
        done += count
    answer.read()
    return content


class _Connections:
    """Those that are idle, by host."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[tuple[float, HTTPConnection]]] = {}

    def take(self, scheme: str, host: str, timeout: float) -> HTTPConnection:
        from http.client import HTTPConnection, HTTPSConnection

        now = time.monotonic()
        with self._lock:
            idle = self._idle.get((scheme, host), [])
            while idle:
                since, connection = idle.pop()
                if now - since < _IDLE:
                    return connection
                connection.close()
        return (HTTPSConnection if scheme == "https" else HTTPConnection)(host, timeout=timeout)

    def give_back(self, scheme: str, host: str, connection: HTTPConnection) -> None:
        with self._lock:
            self._idle.setdefault((scheme, host), []).append((time.monotonic(), connection))

    def close(self) -> None:
        with self._lock:
            for _, connection in [entry for idle in self._idle.values() for entry in idle]:
                connection.close()
            self._idle.clear()
