"""Container images that can run as processes: official ones of an interpreter that is here, and those that the docker stand-in built."""
import json
import re
from dataclasses import dataclass, field

from .settings import OPTIONS

OFFICIAL = re.compile(r"^(public\.ecr\.aws/docker/library|docker\.io/library)/(node|python):")


@dataclass
class Image:
    command: list[str] = field(default_factory=list)
    folder: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: bool = False
    base: str = ""


def find(uri: str) -> Image:
    """The image of a URI.

    :raises FileNotFoundError: nobody knows how it would run.
    """
    if OFFICIAL.match(uri):
        return Image()
    try:
        with open(OPTIONS.images, encoding="utf-8") as notes:
            known = json.load(notes)
    except OSError:
        known = {}
    if uri not in known:
        raise FileNotFoundError(f"no command is known for the image {uri}")
    return Image(**known[uri])
