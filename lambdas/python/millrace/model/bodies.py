"""Bodies that are not JSON.

==================================  =================================================================
hint                                a body is
==================================  =================================================================
``Text``                            ``text/plain``, a ``str``
``bytes``                           ``application/octet-stream``
``Image``                           an image's file, as ``bytes``
``File``                            any file: bytes with a name and a content type
``pathlib.Path``                    any file, as a temporary file of its name
``PIL.Image.Image``                 an image, decoded; answers are PNG
``Annotated[bytes, Body("x/y")]``   bytes of that content type
==================================  =================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


class Body:
    """The content types of a body, the usual one first."""

    def __init__(self, *types: str) -> None:
        self.types = types


@dataclass(frozen=True)
class File:
    """A file's content with its name and content type."""

    content: bytes
    name: str = "file"
    type: str = "application/octet-stream"


Text = Annotated[str, Body("text/plain")]
"""A string that travels as ``text/plain``."""

Image = Annotated[bytes, Body("image/png", "image/*")]
"""An image as the bytes of its file; answers are PNG."""

any_file = Body("application/octet-stream", "*/*")
