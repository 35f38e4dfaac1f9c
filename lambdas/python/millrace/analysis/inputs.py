"""What a join reads of its inputs."""

from __future__ import annotations

import ast

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Functions by what they make of the inputs; a function given as a key gets one of them.
_GIVES_INPUTS = frozenset(("list", "tuple", "sorted", "reversed", "iter", "filter"))
_GIVES_INPUT = frozenset(("max", "min", "next"))

Kind = str  # "inputs", "input" or "indexed": pairs of a position and an input


class InputsReader:
    """Names keep what they stand for within a function: one that stands for two things is a reason to read all."""

    def __init__(self, inputs: str) -> None:
        self._names: dict[str, Kind] = {inputs: "inputs"}
        self._reads: set[str] = set()
        self._all = False

    def read(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str] | None:
        """None where the function gives its inputs away, so that all may be read."""
        for statement in node.body:
            self._visit(statement)
        return None if self._all else self._reads

    def _visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            self._bind(node.targets[0], node.value)
        elif isinstance(node, (ast.For, ast.comprehension)):
            self._iterate(node)
        elif isinstance(node, _COMPREHENSIONS):
            for generator in node.generators:
                self._iterate(generator)
            for child in ast.iter_child_nodes(node):
                if not isinstance(child, ast.comprehension):
                    self._visit(child)
        elif isinstance(node, ast.expr) and self._expression(node):
            return
        else:
            for child in ast.iter_child_nodes(node):
                self._visit(child)

    def _expression(self, node: ast.expr) -> bool:
        """Whether it is about inputs; what is read in it is then noted."""
        if isinstance(node, ast.Attribute):
            kind = self._kind(node.value)
            if kind == "input":
                self._reads.add(node.attr)
                self._inside(node.value)
            elif kind == "inputs":
                # A branch by its name, not read from here: given away.
                self._all = True
            return kind is not None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
            return bool(node.args) and self._kind(node.args[0]) is not None
        if isinstance(node, ast.Call) and self._maps(node):
            return True
        if self._kind(node) is not None:
            self._all = True
            return True
        return False

    def _maps(self, node: ast.Call) -> bool:
        """``map(lambda one: one.x, inputs)``."""
        if not (isinstance(node.func, ast.Name) and node.func.id == "map" and len(node.args) == 2):
            return False
        function, over = node.args
        if self._kind(over) != "inputs":
            return False
        self._inside(over)
        self._key(function)
        return True

    def _kind(self, node: ast.AST) -> Kind | None:
        if isinstance(node, ast.Name):
            return self._names.get(node.id)
        if isinstance(node, ast.Subscript) and self._kind(node.value) == "inputs":
            return "inputs" if isinstance(node.slice, ast.Slice) else "input"
        if isinstance(node, ast.Attribute) and self._kind(node.value) == "inputs":
            return "input"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            name, given = node.func.id, self._kind(node.args[-1] if node.func.id == "filter" else node.args[0])
            if given == "inputs" and name in _GIVES_INPUTS:
                return "inputs"
            if given == "inputs" and name in _GIVES_INPUT and len(node.args) == 1:
                return "input"
            if given == "inputs" and name == "enumerate":
                return "indexed"
        return None

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        kind = self._kind(value)
        if kind is None:
            self._visit(value)
            self._forget(target)
            return
        self._inside(value)
        self._name(target, kind)

    def _name(self, target: ast.expr, kind: Kind | None) -> None:
        if kind == "indexed" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
            self._forget(target.elts[0])
            self._name(target.elts[1], "input")
        elif isinstance(target, ast.Name) and self._names.get(target.id, kind) == kind and kind is not None:
            self._names[target.id] = kind
        else:
            self._all = True

    def _forget(self, target: ast.expr) -> None:
        """Where a name stands for something else from here on."""
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in self._names:
                self._all = True
        if not isinstance(target, ast.Name):
            self._visit(target)

    def _iterate(self, node: ast.For | ast.comprehension) -> None:
        kind = self._kind(node.iter)
        if kind is None:
            self._visit(node.iter)
            self._forget(node.target)
        else:
            self._inside(node.iter)
            self._name(node.target, "input" if kind == "inputs" else kind)
        for part in (*getattr(node, "body", ()), *getattr(node, "orelse", ()), *getattr(node, "ifs", ())):
            self._visit(part)

    def _inside(self, node: ast.AST) -> None:
        """What runs in an expression that stands for inputs: the functions and indices in it, not the inputs themselves."""
        if isinstance(node, ast.Subscript):
            self._inside(node.value)
            self._visit(node.slice)
        elif isinstance(node, ast.Attribute):
            self._inside(node.value)
        elif isinstance(node, ast.Call):
            functions = [keyword.value for keyword in node.keywords]
            for argument in node.args:
                if self._kind(argument) is not None:
                    self._inside(argument)
                else:
                    functions.append(argument)
            for function in functions:
                self._key(function)

    def _key(self, node: ast.expr) -> None:
        """A function that gets one of the inputs."""
        if isinstance(node, ast.Lambda) and node.args.args:
            self._name(ast.Name(node.args.args[0].arg, ast.Store()), "input")
            self._visit(node.body)
        elif not isinstance(node, ast.Constant):
            self._all = True
