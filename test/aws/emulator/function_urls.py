"""Function URLs: HTTP requests become events of payload format 2.0. They are at /_emulator/urls/FUNCTION/ instead of a host of their own."""
import base64
import json
import re
import time
import uuid
from urllib.parse import parse_qsl

import moto.awslambda.models as awslambda
from moto.core.common_models import CloudFormationModel

from . import lambdas
from .settings import ACCOUNT, ENDPOINT, REGION

TEXT = re.compile(r"^(text/|application/(json|xml|javascript))")


class FunctionUrl(CloudFormationModel):
    __module__ = awslambda.__name__  # moto files a model under its module's service
    cloudformation_name_type = staticmethod(lambda: "")
    cloudformation_type = staticmethod(lambda: "AWS::Lambda::Url")

    def __init__(self, properties: dict):
        self.auth_type = properties["AuthType"]
        self.function_arn = lambdas.awslambda.lambda_backends[ACCOUNT][REGION].get_function(properties["TargetFunctionArn"]).function_arn
        self.name = self.function_arn.split(":")[6]
        _urls[self.name] = self

    @property
    def physical_resource_id(self) -> str:
        return self.function_arn

    has_cfn_attr = classmethod(lambda cls, attribute: attribute in ("FunctionUrl", "FunctionArn"))

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return self.function_arn if attribute_name == "FunctionArn" else f"{ENDPOINT}/_emulator/urls/{self.name}/"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        return cls(cloudformation_json["Properties"])

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return cls(cloudformation_json["Properties"])

    def delete(self, account_id: str, region_name: str) -> None:
        _urls.pop(self.name, None)


_urls: dict[str, FunctionUrl] = {}


def answer(environ: dict, name: str, path: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body of a request to a function's URL."""
    url = _urls.get(name)
    if url is None or (url.auth_type == "AWS_IAM" and not environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4-HMAC-SHA256 ")):
        return 403, [("Content-Type", "application/json")], b'{"Message":"Forbidden"}'
    function = awslambda.lambda_backends[ACCOUNT][REGION].get_function(name)
    payload, is_error, _ = lambdas.invoke(function, _event(environ, path, body))
    if is_error:
        return 502, [("Content-Type", "application/json")], b'{"message":"Internal Server Error"}'
    reply = json.loads(payload)
    content = reply.get("body") or ""
    headers = [(header, str(value)) for header, value in reply.get("headers", {}).items() if header.lower() not in ("connection", "date")]
    return reply["statusCode"], headers, base64.b64decode(content) if reply.get("isBase64Encoded") else content.encode()


def _event(environ: dict, path: str, body: bytes) -> dict:
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers |= {name.replace("_", "-").lower(): environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    query = environ.get("QUERY_STRING", "")
    is_text = bool(TEXT.match(headers.get("content-type", "")))
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "http": {"method": environ["REQUEST_METHOD"], "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": bool(body) and not is_text,
    }
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
    if body:
        event["body"] = body.decode() if is_text else base64.b64encode(body).decode()
    return event
