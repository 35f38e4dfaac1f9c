"""What a function reads and sets of its flow."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Union

from .control_flow import Assigned, ControlFlow, with_name

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]

_BUILT_IN = frozenset(("current", "index", "input"))
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
# Calls that may do anything with the names of where they stand.
_OPAQUE_CALLS = frozenset(("exec", "eval", "locals"))
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Accesses:
    """``reads``: with the line of the first; None where all may be read, and set. ``writes``: None where the function never returns."""

    def __init__(self, reads: dict[str, int] | None, writes: Assigned, assignments: list[tuple[str, int]]) -> None:
        self.reads = reads
        self.writes = writes
        self.assignments = assignments


_NOTHING = Accesses({}, frozenset(), [])
_ANYTHING = Accesses(None, frozenset(), [])


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
        self._reads: dict[str, int] | None = {}
        self._assignments: list[tuple[str, int]] = []
        self._inner: dict[str, Function] = {}

    def read(self, node: Function) -> Accesses:
        # A decorator's function gets the flow first; and the name may come to stand for something else.
        if node.decorator_list or any(_binds(statement, self._flow) for statement in node.body):
            return _ANYTHING
        writes = self.run(node.body)
        return Accesses(self._reads, writes, self._assignments)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Attribute) and self._is_flow(node.value):
            self._access(node)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, ast.Name):
            # Given away, itself or in a function that sets something of it.
            if node.id == self._flow or (node.id in self._inner and self._sets(self._inner[node.id])):
                self._reads = None
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._inner[node.name] = node
            self._later(node)
        elif isinstance(node, _NESTED):
            self._later(node)
            if self._sets(node):
                self._reads = None
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
            self._read_name(node.attr, node.lineno)

    def _read_name(self, name: str, line: int) -> None:
        set_before = self.now is None or name in self.now
        if name.startswith("__"):
            self._reads = None
        elif not set_before and name not in _BUILT_IN and self._reads is not None:
            self._reads.setdefault(name, line)

    def _assign(self, name: str, line: int) -> None:
        self._found(name, line)
        self.now = with_name(self.now, name)

    def _found(self, name: str, line: int) -> None:
        if (name, line) not in self._assignments:
            self._assignments.append((name, line))

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Attribute) and self._is_flow(node.target.value):
            self._read_name(node.target.attr, node.lineno)
            self.visit(node.value)
            self._assign(node.target.attr, node.lineno)
        else:
            super().visit(node)

    def _call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name in ("getattr", "hasattr", "setattr") and len(node.args) > 1 and self._is_flow(node.args[0]):
            self._attribute_call(name, node)
            return
        if name in _OPAQUE_CALLS:
            self._reads = None
        if name in self._inner:
            self._call_inner(self._inner[name], node)
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

    def _call_inner(self, function: Function, node: ast.Call) -> None:
        """A function within the function has the flow as a name of its surroundings."""
        for value in (*node.args, *(keyword.value for keyword in node.keywords)):
            self.visit(value)
        if self._flow in _parameters(function):
            return
        within = _FunctionReader(self._reader, self._flow)
        # Called by itself, it adds nothing to what its first round finds.
        within._inner = {name: other for name, other in self._inner.items() if other is not function}
        self._follow(within.read(function))

    def _sets(self, node: ast.AST) -> bool:
        """Whether what runs at another time sets something of the flow."""
        if self._flow in _parameters(node):
            return False
        within = _FunctionReader(self._reader, self._flow)
        for child in ast.iter_child_nodes(node):
            within.visit(child)
        return within._reads is None or bool(within._assignments)

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
            self._read_name(named.value, node.lineno)

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
        for name, line in (accesses.reads or {}).items():
            self._read_name(name, line)
        for name, line in accesses.assignments:
            self._found(name, line)
        if accesses.writes is None:
            self.now = None
        for name in accesses.writes or ():
            self.now = with_name(self.now, name)

    def _later(self, node: ast.AST) -> None:
        """What runs at another time, or never: its writes are not certain."""
        if self._flow in _parameters(node):
            return
        before, returns = self.now, len(self._returns)
        for child in ast.iter_child_nodes(node):
            self.visit(child)
        self.now = before
        # They are its own.
        del self._returns[returns:]

    def _comprehension(self, node: ast.AST) -> None:
        generators: Iterable[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        for generator in generators:
            self.visit(generator.iter)
        if any(_binds(generator.target, self._flow) for generator in generators):
            return
        before = self.now
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.comprehension):
                for condition in child.ifs:
                    self.visit(condition)
            else:
                self.visit(child)
        self.now = before


def _binds(node: ast.AST, name: str) -> bool:
    """Whether a name stands for something else from here on; names within functions and comprehensions are their own."""
    if isinstance(node, ast.Name):
        return node.id == name and not isinstance(node.ctx, ast.Load)
    if isinstance(node, (*_NESTED, *_COMPREHENSIONS)):
        return False
    return any(_binds(child, name) for child in ast.iter_child_nodes(node))


def _parameters(node: ast.AST) -> set[str]:
    arguments = getattr(node, "args", None)
    if not isinstance(arguments, ast.arguments):
        return set()
    return {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
