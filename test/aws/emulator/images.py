"""Container images that can run as processes: official ones of an interpreter that is here, and those that the docker stand-in built."""
import functools
import json
import re
import subprocess
from dataclasses import dataclass, field

from .settings import OPTIONS

# What an image has as its Python.
PYTHON = "/usr/local/bin/python3"
# Those of this machine; distributions have packages for their own.
PYTHONS = ("python3", "/usr/bin/python3")
OFFICIAL = re.compile(r"^(public\.ecr\.aws/docker/library|docker\.io/library)/(node|python):")


@dataclass
class Image:
    command: list[str] = field(default_factory=list)
    folder: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: bool = False
    base: str = ""
    packages: list[str] = field(default_factory=list)

    @property
    def python(self) -> str:
        """The Python of this machine that has the image's packages; without one, what an import then raises is the program's to tell."""
        return next((python for python in PYTHONS if _has(python, tuple(self.packages))), PYTHONS[0])


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
    image = Image(**known[uri])
    image.environment = {name: image.python if value == PYTHON else value for name, value in image.environment.items()}
    return image


@functools.cache
def _has(python: str, packages: tuple[str, ...]) -> bool:
    script = "import sys; from importlib import metadata; [metadata.version(name) for name in sys.argv[1:]]"
    return subprocess.run([python, "-c", script, *packages], capture_output=True, check=False).returncode == 0
