"""In front of every service: the journal of requests, request faults, and the emulator's own control paths.

    GET    /_emulator/requests    the journal: service, operation, resource, caller, time (ms), status
    DELETE /_emulator/requests    empties it
    GET    /_emulator/faults      the faults that are on
    POST   /_emulator/faults      switches one on
    DELETE /_emulator/faults      switches all off
    GET    /_emulator/credentials/NAME    what a container's credentials endpoint answers
    PUT    /_emulator/cloudformation      where custom resources answer
    ANY    /_emulator/urls/FUNCTION/...   a function's URL
"""
import io
import json
import os
import socket
import struct
import threading
import time

from . import cloudformation, faults, function_urls, requests, stepfunctions

THROTTLED = {
    "dynamodb": (400, "ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded."),
    "s3": (503, "SlowDown", "Please reduce your request rate."),
    "lambda": (429, "TooManyRequestsException", "Rate Exceeded."),
    "batch": (429, "TooManyRequestsException", "Too Many Requests"),
}
BROKEN = (500, "InternalServerError", "We encountered an internal error. Please try again.")


class Gateway:
    """A WSGI application around moto's."""

    def __init__(self, application):
        self.application = application
        self.journal: list[dict] = []
        self.lock = threading.Lock()
        self.items = threading.Lock()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"].startswith("/_emulator/"):
            return self._control(environ, start_response)
        body = _body(environ)
        request = requests.describe(environ, body)
        if request is None:
            return self.application(environ, start_response)

        def answer(status, headers, *more):
            entry = {**request.facts(), "time": int(time.time() * 1000), "status": int(status.split()[0])}
            with self.lock:
                self.journal.append(entry)
            return start_response(status, headers, *more)

        fault = faults.strike("request", **request.facts())
        if fault and fault["do"] == "reset":
            return _reset(environ)
        if fault:
            default = (400, "ThrottlingException", "Rate exceeded")
            return _refuse(request.service, THROTTLED.get(request.service, default) if fault["do"] == "throttle" else BROKEN, answer)
        if request.service == "states" and request.operation in stepfunctions.OPERATIONS:
            status, content = stepfunctions.call(request.operation, body)
            return _respond(answer, status, content, "application/x-amz-json-1.0")
        if request.service == "dynamodb":
            with self.items:  # a condition is checked and its write done in one; moto's threads would come in between
                return self.application(environ, answer)
        return self.application(environ, answer)

    def _control(self, environ, start_response):
        method, (what, *rest) = environ["REQUEST_METHOD"], environ["PATH_INFO"].split("/")[2:]
        if what == "cloudformation" and method == "PUT":
            cloudformation.answer_custom_resource(json.loads(_body(environ)))
            return _respond(start_response, 200, b"{}")
        if what == "urls":
            status, headers, content = function_urls.answer(environ, rest[0], "/" + "/".join(rest[1:]), _body(environ))
            start_response(f"{status} -", headers)
            return [content]
        if what == "credentials":
            content = {"AccessKeyId": "test", "SecretAccessKey": "test", "Token": "/".join(rest), "Expiration": "2099-01-01T00:00:00Z"}
            return _respond(start_response, 200, json.dumps(content).encode())
        if what == "faults" and method == "POST":
            try:
                content = faults.add(json.loads(_body(environ)))
            except ValueError as problem:
                return _respond(start_response, 400, json.dumps({"message": str(problem)}).encode())
        elif what == "faults":
            content = faults.all_of_them()
            if method == "DELETE":
                faults.clear()
        elif what == "requests":
            with self.lock:
                content = list(self.journal)
                if method == "DELETE":
                    self.journal.clear()
        else:
            return _respond(start_response, 404, b'{"message": "no such control path"}')
        return _respond(start_response, 200, json.dumps(content).encode())


def _body(environ) -> bytes:
    """The request's body, which stays readable for who comes next."""
    if environ.get("HTTP_TRANSFER_ENCODING") == "chunked":
        content = environ["wsgi.input"].read()
    else:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(content)
    return content


def _respond(start_response, status: int, content: bytes, media_type: str = "application/json"):
    start_response(f"{status} -", [("Content-Type", media_type), ("Content-Length", str(len(content)))])
    return [content]


def _refuse(service: str, error: tuple[int, str, str], start_response):
    status, code, message = error
    if service == "s3":
        content = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        return _respond(start_response, status, content, "application/xml")
    content = json.dumps({"__type": code, "message": message, "Reason": "ConcurrentInvocationLimitExceeded"}).encode()
    start_response(f"{status} -", [("Content-Type", "application/json"), ("x-amzn-errortype", code), ("Content-Length", str(len(content)))])
    return [content]


def _reset(environ):
    """Closes the connection with RST instead of FIN, which the client sees as ECONNRESET."""
    connection = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # The server's handler still holds the descriptor: give it one that is at its end.
    ended, peer = socket.socketpair()
    peer.close()
    os.dup2(ended.fileno(), connection.fileno())
    raise ConnectionResetError("a fault that a test switched on")
