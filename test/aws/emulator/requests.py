"""What a request asks for: service, operation, resource and caller, read from its headers, path and body."""
import json
import re
from dataclasses import asdict, dataclass
from urllib.parse import parse_qs, unquote

EMULATED = ("lambda/", "batch/", "stepfunctions")
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


@dataclass
class Request:
    service: str
    operation: str
    resource: str
    caller: str

    def facts(self) -> dict[str, str]:
        """The names that a fault's `where` and the journal know."""
        return asdict(self)


def describe(environ: dict, body: bytes) -> Request | None:
    """The request, or None for one that is no AWS call (unsigned)."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        return None
    service = scope.group(1)
    # An emulated program's session token is its name, e.g. lambda/my-function; others have assumed a role or have none.
    token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN", "")
    caller = token if token.startswith(EMULATED) else ""
    operation, resource = _operation(service, environ, body)
    return Request(service, operation, resource, caller)


def _operation(service: str, environ: dict, body: bytes) -> tuple[str, str]:
    path, query = unquote(environ["PATH_INFO"]), parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return target.rpartition(".")[2], _resource(body)
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode()).get("Action", ["?"])[0], ""
    if service == "s3":
        return _s3_operation(environ["REQUEST_METHOD"], path.strip("/"), query), path.strip("/")
    if service == "lambda" and path.endswith("/invocations"):
        return "Invoke", path.split("/")[-2]
    if service == "batch":
        return path.rpartition("/")[2], _resource(body)  # submitjob, describejobs, ...
    return f"{environ['REQUEST_METHOD']} {path}", ""


def _resource(body: bytes) -> str:
    try:
        content = json.loads(body)
    except ValueError:
        return ""
    if "RequestItems" in content:
        return ",".join(content["RequestItems"])
    if "TransactItems" in content:
        return ",".join(sorted({call["TableName"] for item in content["TransactItems"] for call in item.values()}))
    return str(next((content[name] for name in ("TableName", "stateMachineArn", "executionArn", "jobName", "EndpointName", "EndpointConfigName", "ModelName") if name in content), ""))


def _s3_operation(method: str, path: str, query: dict) -> str:
    if path == "":
        return "ListBuckets"
    if "/" not in path:
        return {"GET": "ListObjectsV2" if "list-type" in query else "GetBucket", "HEAD": "HeadBucket", "PUT": "PutBucket",
                "POST": "DeleteObjects", "DELETE": "DeleteBucket"}.get(method, method)
    if method == "POST":
        return "CreateMultipartUpload" if "uploads" in query else "CompleteMultipartUpload"
    if "uploadId" in query:
        return {"PUT": "UploadPart", "DELETE": "AbortMultipartUpload"}.get(method, "ListParts")
    return {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}.get(method, method)
