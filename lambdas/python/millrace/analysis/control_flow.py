"""Follows the ways through a function, and which names are set on all of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Optional

# The names that are surely set at a point of a function; None at a point that is never reached.
Assigned = Optional["frozenset[str]"]


def meet(ways: Iterable[Assigned]) -> Assigned:
    """What is set where ways meet: what is set on all of them."""
    reached = [way for way in ways if way is not None]
    return frozenset.intersection(*reached) if reached else None


def with_name(assigned: Assigned, name: str) -> Assigned:
    return None if assigned is None else assigned | {name}


class ControlFlow:
    """Visits the statements in the order in which they run; a subclass visits the expressions and adds to ``now``."""

    def __init__(self) -> None:
        self.now: Assigned = frozenset()
        self._returns: list[Assigned] = []
        self._breaks: list[list[Assigned]] = []
        self._continues: list[list[Assigned]] = []

    def run(self, body: Sequence[ast.AST]) -> Assigned:
        """What is set on every way through a function's body."""
        self._block(body)
        return meet([*self._returns, self.now])

    def branches(self, ways: Sequence[Sequence[ast.AST]]) -> None:
        """Visits each way from the same point, and goes on where they meet."""
        start, ends = self.now, []
        for way in ways:
            self.now = start
            self._block(way)
            ends.append(self.now)
        self.now = meet(ends)

    def visit(self, node: ast.AST) -> None:
        method = getattr(self, f"_visit_{type(node).__name__}", None)
        if method is not None:
            method(node)
        else:
            for child in ast.iter_child_nodes(node):
                self.visit(child)

    def _block(self, body: Sequence[ast.AST]) -> None:
        for node in body:
            self.visit(node)

    def _visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        self._block(node.targets)

    def _visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def _visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.visit(node.value)
        self._returns.append(self.now)
        self.now = None

    def _visit_Raise(self, node: ast.Raise) -> None:
        for part in (node.exc, node.cause):
            if part is not None:
                self.visit(part)
        self.now = None

    def _visit_Break(self, node: ast.Break) -> None:
        self._breaks[-1].append(self.now)
        self.now = None

    def _visit_Continue(self, node: ast.Continue) -> None:
        self._continues[-1].append(self.now)
        self.now = None

    def _visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self.branches([node.body, node.orelse])

    def _visit_While(self, node: ast.While) -> None:
        forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
        self.visit(node.test)
        self._loop(node.body, node.orelse, forever)

    def _visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._loop([node.target, *node.body], node.orelse, forever=False)

    _visit_AsyncFor = _visit_For

    def _loop(self, body: Sequence[ast.AST], orelse: Sequence[ast.AST], forever: bool) -> None:
        before = self.now
        self._breaks.append([])
        self._continues.append([])
        self._block(body)
        self._continues.pop()
        # The body may not run at all, and then nothing of it is certain.
        self.now = None if forever else before
        self._block(orelse)
        self.now = meet([self.now, *self._breaks.pop()])

    def _visit_Try(self, node: ast.Try) -> None:
        before = self.now
        self._block(node.body)
        self._block(node.orelse)
        ends = [self.now]
        for handler in node.handlers:
            # Anything in the body may be what failed.
            self.now = before
            self._block(handler.body if handler.type is None else [handler.type, *handler.body])
            ends.append(self.now)
        self.now = meet(ends)
        if node.finalbody:
            reached = self.now
            self.now = before
            self._block(node.finalbody)
            certain = (self.now or frozenset()) - (before or frozenset())
            self.now = None if self.now is None or reached is None else reached | certain

    _visit_TryStar = _visit_Try

    def _visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        ways: list[list[ast.AST]] = [[*([case.guard] if case.guard else []), *case.body] for case in node.cases]
        if not any(isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None for case in node.cases):
            ways.append([])
        self.branches(ways)
