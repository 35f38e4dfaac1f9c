"""Reads the source of steps without running it: ``python -m millrace.analyze FILE...`` prints a JSON object with a member for each file.

A file's member is ``{"functions": {…}, "isOpen"}`` or ``{"error": {"message", "line"}}``; ``isOpen`` where it imports all names of another module.
Of each function at the top level, and of each other name there, which may stand for one:

``line``, ``doc``, ``parameters``
    where it is, its docstring's first paragraph, the names of its parameters that have no default; none for what is no function here
``reads``
    the artifacts that it may read before it has set them itself, sorted; ``"all"`` where it gives its first parameter away, or is no function here
``readLines``
    the lines of these reads, by name, as far as they are known
``writes``
    the artifacts that are set on every path through it, sorted
``assignments``
    every place that sets an artifact, on whichever path, as ``{"name", "line"}``
``inputReads``
    of a function with a second parameter: the artifacts that it reads of its inputs, sorted, or ``"all"``
``returns``
    what it returns, as ``{"value", "line"}``: a string, null for nothing, or no ``value`` where that is computed
"""

from __future__ import annotations

import json
import sys

from .analysis.module import analyze_source


def main(files: list[str]) -> int:
    print(json.dumps({file: analyze_file(file) for file in files}, ensure_ascii=False))
    return 0


def analyze_file(file: str) -> dict[str, object]:
    try:
        with open(file, "rb") as source:
            return analyze_source(source.read(), file)
    except OSError as error:
        return {"error": {"message": f"{error.strerror}: {file}", "line": None}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
