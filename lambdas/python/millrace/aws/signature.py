"""AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .credentials import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"


def encode_part(text: str) -> str:
    """Percent-encoded as AWS wants it: everything but letters, digits and ``-._~``."""
    return quote(text, safe="-._~")


def sign(
    method: str,
    host: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body_hash: str,
    credentials: Credentials,
    service: str,
    region: str,
    now: datetime,
) -> dict[str, str]:
    """The headers of the request with ``authorization`` and what belongs to it.

    ``path`` and ``query`` are percent-encoded as they go over the wire, ``query`` sorted by name; names of headers are in lower case.
    """
    time = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {**headers, "x-amz-content-sha256": body_hash, "x-amz-date": time}
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    signed = sorted({**headers, "host": host}.items())
    names = ";".join(name for name, _ in signed)
    lines = [f"{name}:{' '.join(value.split())}" for name, value in signed]
    canonical = "\n".join((method, path, query, *lines, "", names, body_hash))
    scope = (time[:8], region, service, "aws4_request")
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in scope:
        key = _hmac(key, part)
    text = "\n".join((_ALGORITHM, time, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()))
    credential = f"{credentials.access_key_id}/{'/'.join(scope)}"
    headers["authorization"] = f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={_hmac(key, text).hex()}"
    return headers


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
