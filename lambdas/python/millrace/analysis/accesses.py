"""What a function reads and sets of its flow."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from .control_flow import Assigned, ControlFlow, with_name

Function = ast.FunctionDef

_BUILT_IN = frozenset(("current", "index", "input"))
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Accesses:
    """``reads``: None where all may be read. ``writes``: None where the function never returns."""

    def __init__(self, reads: set[str] | None, writes: Assigned, assignments: list[tuple[str, int]]) -> None:
        self.reads = reads
        self.writes = writes
        self.assignments = assignments


_NOTHING = Accesses(set(), frozenset(), [])


class AccessReader:
    """Reads the functions of a module, following one into another; each is read once for each name of the flow in it."""

    def __init__(self, functions: dict[str, Function]) -> None:
        self.functions = functions
        self._known: dict[tuple[str, str], Accesses] = {}

    def of(self, node: Function, flow: str | None) -> Accesses:
        if flow is None:
            return _NOTHING
        key = (node.name, flow)
        if key not in self._known:
            # A function that comes back to itself adds nothing to what its first round finds.
            self._known[key] = _NOTHING
            self._known[key] = _FunctionReader(self, flow).read(node)
        return self._known[key]


class _FunctionReader(ControlFlow):
    def __init__(self, reader: AccessReader, flow: str) -> None:
        super().__init__()
        self._reader = reader
        self._flow = flow
        self._reads: set[str] | None = set()
        self._assignments: list[tuple[str, int]] = []

    def read(self, node: Function) -> Accesses:
        writes = self.run(node.body)
        return Accesses(self._reads, writes, self._assignments)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Attribute) and self._is_flow(node.value):
            self._access(node)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.Name):
            if node.id == self._flow:
                # Given away, or bound to something else.
                self._reads = None
        elif isinstance(node, _NESTED):
            self._later(node)
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node)
        elif isinstance(node, ast.IfExp):
            self.visit(node.test)
            self.branches([[node.body], [node.orelse]])
        elif isinstance(node, ast.BoolOp):
            self.visit(node.values[0])
            self.branches([node.values[1:], []])
        elif isinstance(node, ast.AugAssign):
            self._augmented(node)
        else:
            super().visit(node)

    def _is_flow(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == self._flow

    def _access(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store):
            self._assign(node.attr, node.lineno)
        elif isinstance(node.ctx, ast.Del):
            if self.now is not None:
                self.now = self.now - {node.attr}
        else:
            self._read_name(node.attr)

    def _read_name(self, name: str) -> None:
        set_before = self.now is None or name in self.now
        if not set_before and name not in _BUILT_IN and self._reads is not None:
            self._reads.add(name)

    def _assign(self, name: str, line: int) -> None:
        self._assignments.append((name, line))
        self.now = with_name(self.now, name)

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Attribute) and self._is_flow(node.target.value):
            self._read_name(node.target.attr)
            self.visit(node.value)
            self._assign(node.target.attr, node.lineno)
        else:
            super().visit(node)

    def _call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name in ("getattr", "hasattr", "setattr") and len(node.args) > 1 and self._is_flow(node.args[0]):
            self._attribute_call(name, node)
            return
        function = self._reader.functions.get(name or "")
        given = [*enumerate(node.args), *((keyword.arg, keyword.value) for keyword in node.keywords)]
        self.visit(node.func)
        followed = [self._parameter(function, at) for at, value in given if function is not None and self._is_flow(value)]
        if function is None or None in followed or len(followed) > 1:
            followed = []
        for at, value in given:
            if not (followed and self._is_flow(value)):
                self.visit(value)
        if function is not None and followed:
            self._follow(self._reader.of(function, followed[0]))

    def _attribute_call(self, name: str, node: ast.Call) -> None:
        for argument in node.args[2:]:
            self.visit(argument)
        named = node.args[1]
        if not (isinstance(named, ast.Constant) and isinstance(named.value, str)):
            self.visit(named)
            self._reads = None
        elif name == "setattr":
            self._assign(named.value, node.lineno)
        else:
            self._read_name(named.value)

    @staticmethod
    def _parameter(function: Function, at: object) -> str | None:
        """The name under which a function gets an argument, given by its position or its name."""
        positional = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        if isinstance(at, int):
            return positional[at] if at < len(positional) else None
        named = [*positional, *(argument.arg for argument in function.args.kwonlyargs)]
        return at if isinstance(at, str) and at in named else None

    def _follow(self, accesses: Accesses) -> None:
        if accesses.reads is None:
            self._reads = None
        for name in accesses.reads or ():
            self._read_name(name)
        self._assignments += accesses.assignments
        if accesses.writes is None:
            self.now = None
        for name in accesses.writes or ():
            self.now = with_name(self.now, name)

    def _later(self, node: ast.AST) -> None:
        """What runs at another time, or never: its writes are not certain."""
        if self._flow in _parameters(node):
            return
        before = self.now
        for child in ast.iter_child_nodes(node):
            self.visit(child)
        self.now = before

    def _comprehension(self, node: ast.AST) -> None:
        generators: Iterable[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        for generator in generators:
            self.visit(generator.iter)
        before = self.now
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.comprehension):
                for condition in child.ifs:
                    self.visit(condition)
            else:
                self.visit(child)
        self.now = before


def _parameters(node: ast.AST) -> set[str]:
    arguments = getattr(node, "args", None)
    if not isinstance(arguments, ast.arguments):
        return set()
    return {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
