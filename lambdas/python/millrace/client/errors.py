"""What goes wrong when runs are read."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ..errors import MillraceError


class ClientError(MillraceError):
    """The base of them."""


class NotFoundError(ClientError):
    """What was asked for is not on record. The fix names what is there, the most similar first."""

    def __init__(self, what: str, name: str, there: Iterable[str]) -> None:
        from difflib import get_close_matches

        names = list(there)
        near = get_close_matches(name, names, 1)
        names = [*near, *(other for other in names if other not in near)]
        hint = f"Did you mean {near[0]}? " if near else ""
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        fix = f"{hint}There are {', '.join(names[:5])}{more}." if names else "There is none at all yet."
        super().__init__("NOT_FOUND", f"There is no {what} {json.dumps(name)}.", fix)
