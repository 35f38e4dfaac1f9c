"""What AWS answers when it refuses, and what to do about it."""

from __future__ import annotations

import json
import re

from ..errors import MillraceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    Remedy = Literal["retry", "slow down", "refresh", "give up"]

_THROTTLES = frozenset(
    (
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
    )
)
_TRANSIENT = frozenset(
    ("RequestTimeout", "RequestTimeoutException", "InternalError", "InternalServerError", "ConditionalRequestConflict")
)
_EXPIRED = frozenset(("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"))
_FIXES = {
    "AccessDenied": "Grant the role this action on the bucket; without s3:ListBucket, an object that is not there is answered so too.",
    "AccessDeniedException": "Grant the role this action on the table.",
    "NoSuchBucket": "Check the bucket's name and region.",
    "ResourceNotFoundException": "Check the table's name and region.",
}


class AwsError(MillraceError):
    """A call that AWS refused, or that did not come through, all attempts included."""

    def __init__(
        self,
        operation: str,
        message: str,
        aws_code: str,
        status: int = 0,
        request_id: str | None = None,
        body: Mapping[str, object] | None = None,
        retry_after: float = 0,
    ) -> None:
        request = f", request {request_id}" if request_id else ""
        where = f" ({status}{request})" if status else ""
        network = "Check the network, and that the endpoint can be reached from here." if status == 0 else None
        super().__init__("AWS", f"{operation} failed with {aws_code}{where}: {message}", _FIXES.get(aws_code, network))
        # The service's own code, such as AccessDenied; the network's where no answer came, and the status then is 0.
        self.aws_code = aws_code
        self.status = status
        self.body = body or {}
        # Seconds that the service asks to wait.
        self.retry_after = retry_after


class CredentialsError(MillraceError):
    """No credentials were found, or those that were found are not accepted."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__("AWS_CREDENTIALS", message, fix)


def remedy_for(error: AwsError) -> Remedy:
    """What to do about a failed attempt."""
    if error.aws_code in _THROTTLES or error.status in (429, 503):
        return "slow down"
    if error.aws_code in _EXPIRED:
        return "refresh"
    if error.status == 0 or error.status >= 500 or error.aws_code in _TRANSIENT:
        return "retry"
    return "give up"


def failure_of(operation: str, status: int, headers: Mapping[str, str], content: bytes) -> AwsError:
    """The error of an answer that is none of success, in S3's XML or DynamoDB's JSON. Names of headers in lower case."""
    text = content.decode("utf-8", "replace")
    body: dict[str, object] = {}
    if text.startswith("{"):
        try:
            body = json.loads(text)
        except ValueError:
            pass
        code = str(body.get("__type", "")).split("#")[-1] or None
        message = body.get("message") or body.get("Message")
    else:
        code, message = xml_element(text, "Code"), xml_element(text, "Message")
    wait = headers.get("retry-after", "")
    return AwsError(
        operation,
        str(message or "The service gave no reason."),
        code or {404: "NotFound", 403: "AccessDenied"}.get(status, f"HTTP{status}"),
        status,
        headers.get("x-amzn-requestid") or headers.get("x-amz-request-id"),
        body,
        float(wait) if wait.isdigit() else 0,
    )


def xml_element(xml: str, name: str) -> str | None:
    """The text of the first element of that name, which has no elements in it."""
    found = re.search(f"<{name}>([^<]*)</{name}>", xml)
    if found is None:
        return None
    from html import unescape

    return unescape(found[1])
