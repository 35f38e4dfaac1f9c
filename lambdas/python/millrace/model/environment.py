"""What a service's file says of the environment that it needs, without running it: ``python -m millrace.model.environment FILE [CLASS]``.

The class attributes ``requirements`` and ``python_version`` are read from the source, since the packages are needed to import it.
"""

from __future__ import annotations

import ast
import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ATTRIBUTES = {"requirements": "requirements", "python_version": "pythonVersion"}


def environment_of(source: bytes, name: str | None) -> dict[str, Any]:
    """As the TypeScript side has it; empty where the file says nothing, or has an error that its import will show."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return {}
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and name in (None, node.name):
            for statement in node.body:
                found |= _assigned(statement)
    return found


def _assigned(statement: ast.stmt) -> dict[str, Any]:
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    else:
        return {}
    found = {}
    for target in targets:
        key = _ATTRIBUTES.get(target.id) if isinstance(target, ast.Name) else None
        if key is not None:
            literal = _literal(target.id, value)
            if literal is not None:
                found[key] = literal if isinstance(literal, str) else list(literal)
    return found


def _literal(name: str, value: ast.expr) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:
        sys.exit(f"{name} in line {value.lineno} is no literal")


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        print(json.dumps(environment_of(file.read(), sys.argv[2] if len(sys.argv) > 2 else None)))
