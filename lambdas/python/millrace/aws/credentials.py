"""The credentials of a task on AWS: from the environment in Lambda, from the container's endpoint on Batch."""

from __future__ import annotations

import os
import re
import threading
import time

from .errors import CredentialsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Seconds: new ones are fetched when fewer than these are left, as the SDKs do.
_MARGIN = 5 * 60
_CONTAINER_HOST = "http://169.254.170.2"
_ALLOWED_HOSTS = re.compile(r"localhost|127(\.\d+){3}|::1|169\.254\.170\.(2|23)|fd00:ec2::23")


class Credentials:
    """``expires``: in seconds since 1970; infinite where they are for good."""

    __slots__ = ("access_key_id", "secret_access_key", "session_token", "expires")

    def __init__(self, access_key_id: str, secret_access_key: str, session_token: str | None, expires: float = float("inf")) -> None:
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        self.session_token = session_token
        self.expires = expires


class CredentialSource:
    """Safe to use from several threads."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._lock = threading.Lock()
        self._current = _from_environment(env)

    def get(self) -> Credentials:
        """Fetched again before they expire. Raises CredentialsError."""
        with self._lock:
            current = self._current
            if current is not None and time.time() < current.expires - _MARGIN:
                return current
            try:
                self._current = _fetch(self._env)
            except CredentialsError:
                # The old ones still hold for a while; the next call tries again.
                if current is None or time.time() >= current.expires:
                    raise
                return current
            return self._current

    def expire(self, credentials: Credentials) -> None:
        """What the service no longer accepts is not used again."""
        with self._lock:
            if credentials is self._current and credentials.expires != float("inf"):
                self._current = None


def _from_environment(env: Mapping[str, str]) -> Credentials | None:
    key, secret = env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY")
    return Credentials(key, secret, env.get("AWS_SESSION_TOKEN") or None) if key and secret else None


def _fetch(env: Mapping[str, str]) -> Credentials:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html"""
    import json
    from urllib.request import ProxyHandler, Request, build_opener

    url = _container_url(env)
    # The endpoint is on this machine: a proxy can't reach it.
    opener = build_opener(ProxyHandler({}))
    problem: Exception | None = None
    for attempt in range(4):
        if attempt > 0:
            time.sleep(0.1 * 2**attempt)
        try:
            with opener.open(Request(url, headers=_container_token(env)), timeout=2) as response:
                return _parse(json.load(response))
        except (OSError, ValueError, KeyError) as error:
            problem = error
    raise CredentialsError(
        f"The container's credentials could not be fetched from {url}: {problem}.", "Check that the job has a job role."
    ) from problem


def _container_url(env: Mapping[str, str]) -> str:
    from urllib.parse import urlsplit

    relative, full = env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if not relative and not full:
        raise CredentialsError(
            "There are no AWS credentials in the environment, and no container that gives any.",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the Lambda function or the Batch job a role.",
        )
    url = _CONTAINER_HOST + relative if relative else str(full)
    parts = urlsplit(url)
    if parts.scheme != "https" and not _ALLOWED_HOSTS.fullmatch(parts.hostname or ""):
        raise CredentialsError(f"AWS_CONTAINER_CREDENTIALS_FULL_URI names {parts.netloc}, which is neither HTTPS nor this machine.")
    return url


def _container_token(env: Mapping[str, str]) -> dict[str, str]:
    file, token = env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    if file:
        with open(file, encoding="utf-8") as source:
            token = source.read().strip()
    return {"Authorization": token} if token else {}


def _parse(answer: dict[str, str]) -> Credentials:
    from datetime import datetime

    expires = float("inf")
    if answer.get("Expiration"):
        expires = datetime.fromisoformat(answer["Expiration"].replace("Z", "+00:00")).timestamp()
    return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("Token"), expires)


def profile_credentials(env: Mapping[str, str]) -> dict[str, str]:
    """The keys and the region of a profile in ``~/.aws``, under the names of the environment's variables: for a notebook."""
    from configparser import ConfigParser
    from os.path import expanduser

    name = env.get("AWS_PROFILE", "default")
    found: dict[str, str] = {}
    for variable, file, section in (
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", name),
        ("AWS_CONFIG_FILE", "~/.aws/config", name if name == "default" else f"profile {name}"),
    ):
        parser = ConfigParser(interpolation=None)
        parser.read(expanduser(env.get(variable, file)))
        if parser.has_section(section):
            found.update({key.upper(): value for key, value in parser.items(section)})
    if "REGION" in found:
        found["AWS_REGION"] = found.pop("REGION")
    return found


def environment() -> Mapping[str, str]:
    """The process's environment, completed by its AWS profile where it has no credentials of its own."""
    env = os.environ
    if any(env.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")):
        return env
    return {**profile_credentials(env), **env}
