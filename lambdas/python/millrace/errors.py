"""What Millrace raises on purpose."""

from __future__ import annotations


class MillraceError(Exception):
    """The base of every error that Millrace raises on purpose.

    The message says what is wrong and which value was received; ``fix`` says what to do about it. ``code`` is stable, so that a program can
    act on it; the text may change.
    """

    code: str
    fix: str | None

    def __init__(self, code: str, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.fix = fix
