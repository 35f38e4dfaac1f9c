"""The functions of one file."""

from __future__ import annotations

import ast
import inspect

from .accesses import AccessReader, Function
from .inputs import InputsReader


def analyze_source(source: bytes, file: str) -> dict[str, object]:
    """``{"functions": …}`` or, where Python cannot parse it, ``{"error": …}``; ``millrace.analyze`` tells what is in them."""
    try:
        tree = ast.parse(source, file)
    except SyntaxError as error:
        return {"error": {"message": error.msg, "line": error.lineno}}
    except ValueError as error:  # a null byte
        return {"error": {"message": str(error), "line": 1}}
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    reader = AccessReader(functions)
    return {"functions": {name: _describe(node, reader) for name, node in functions.items()}}


def _describe(node: Function, reader: AccessReader) -> dict[str, object]:
    parameters = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    accesses = reader.of(node, parameters[0] if parameters else None)
    described: dict[str, object] = {
        "line": node.lineno,
        "parameters": parameters,
        "reads": "all" if accesses.reads is None else sorted(accesses.reads),
        "writes": sorted(accesses.writes or ()),
        "assignments": [{"name": name, "line": line} for name, line in accesses.assignments],
        "returns": list(_returns(node)),
    }
    doc = ast.get_docstring(node)
    if doc:
        described["doc"] = inspect.cleandoc(doc).split("\n\n")[0]
    if len(parameters) > 1:
        reads = InputsReader(parameters[1]).read(node)
        described["inputReads"] = "all" if reads is None else sorted(reads)
    return described


def _returns(node: Function) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []

    def visit(statement: ast.AST) -> None:
        if isinstance(statement, ast.Return):
            _add_values(statement.value, statement.lineno, found)
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            for child in ast.iter_child_nodes(statement):
                visit(child)

    for statement in node.body:
        visit(statement)
    return found


def _add_values(value: ast.expr | None, line: int, found: list[dict[str, object]]) -> None:
    if isinstance(value, ast.IfExp):
        _add_values(value.body, line, found)
        _add_values(value.orelse, line, found)
    elif value is None or (isinstance(value, ast.Constant) and (value.value is None or isinstance(value.value, str))):
        found.append({"value": None if value is None else value.value, "line": line})
    else:
        found.append({"line": line})
