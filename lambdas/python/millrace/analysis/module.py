"""The functions of one file."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

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
    bindings = dict(_bindings(tree.body))
    functions = {name: node for name, node in bindings.items() if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    reader = AccessReader(functions)
    described = {name: _describe(node, reader) if name in functions else _opaque(node) for name, node in bindings.items()}  # type: ignore[arg-type]
    return {"functions": described, "isOpen": any(_is_star(node) for node in ast.walk(tree))}


def _bindings(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """What a module's names stand for at its end, also where a condition or an import that may fail decides on it."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _either(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name, node) for alias in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, node) for target in targets if isinstance(target, ast.Name))


def _either(node: ast.If | ast.Try | ast.With) -> Iterator[tuple[str, ast.stmt]]:
    """A name that several ways bind stands for no function in particular."""
    handlers = [handler.body for handler in getattr(node, "handlers", [])]
    ways = [dict(_bindings(way)) for way in (node.body, getattr(node, "orelse", []), *handlers, getattr(node, "finalbody", []))]
    for way in ways:
        for name, bound in way.items():
            yield name, bound if sum(name in other for other in ways) == 1 else node


def _is_star(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)


def _opaque(node: ast.stmt) -> dict[str, object]:
    """A name that stands for what only running the module would tell: it may do anything."""
    return {"line": node.lineno, "reads": "all", "readLines": {}, "writes": [], "assignments": [], "returns": [{"line": node.lineno}]}


def _describe(node: Function, reader: AccessReader) -> dict[str, object]:
    parameters = _parameters(node)
    accesses = reader.of(node, parameters[0] if parameters else None)
    described: dict[str, object] = {
        "line": node.lineno,
        "parameters": parameters,
        "reads": "all" if accesses.reads is None else sorted(accesses.reads),
        "readLines": accesses.reads or {},
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


def _parameters(node: Function) -> list[str]:
    """Those that a step's task gives: what has a default keeps it, unless it is called inputs."""
    positional = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    required = len(positional) - len(node.args.defaults)
    return [name for at, name in enumerate(positional) if at < max(required, 1) or (at == 1 and name == "inputs")]


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
