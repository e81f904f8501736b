"""The names a piece of code binds, uses and changes, in the order in which it runs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .effects import MODULE
from .expressions import Expressions
from .facts import NAMED, RANDOM, STARRED, Deferred
from .syntax import SCOPES, Function, bound_names, own_nodes


class Reader(Expressions):
    """Walks statements; see :class:`mlnb.training.hidden.noting.Noting` for what it is given."""

    # -- statements --------------------------------------------------------------------------------------------------------------------

    def read(self, body: Sequence[ast.stmt]) -> Reader:
        """Walk statements in order."""
        for statement in body:
            _WAYS.get(type(statement), Reader._on_other)(self, statement)
        return self

    def _on_other(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self.read([child])
            elif isinstance(child, ast.expr):
                self.value(child)
            else:
                self._on_other(child)

    def _on_assign(self, node: ast.Assign) -> None:
        self.value(node.value)
        for target in node.targets:
            self.bind(target, node.value)

    def _on_annotated(self, node: ast.AnnAssign) -> None:
        self.value(node.annotation)
        if node.value is not None:
            self.value(node.value)
            self.bind(node.target, node.value)

    def _on_augmented(self, node: ast.AugAssign) -> None:
        self.value(node.value)
        if isinstance(node.target, ast.Name):
            self.load(node.target.id)
            self.change(node.target.id)
            self.store(node.target.id)
        else:
            self.value(node.target)
            self.bind(node.target, None)

    def _on_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.load(target.id)
            self.bind(target, None)

    def _on_import(self, node: ast.Import) -> None:
        for item in node.names:
            name = item.asname or item.name.split(".")[0]
            self.store(name, MODULE + (item.name if item.asname else name))

    def _on_import_from(self, node: ast.ImportFrom) -> None:
        for item in node.names:
            if item.name != "*":  # what a star brings is seen when it runs
                whole = f"{node.module}.{item.name}"
                self.store(item.asname or item.name, MODULE + whole if whole in RANDOM else None)

    def _on_if(self, node: ast.If) -> None:
        self.value(node.test)
        self._branches([node.body, node.orelse])

    def _on_match(self, node: ast.Match) -> None:
        self.value(node.subject)
        self._branches([*(case.body for case in node.cases), []], [list(ast.walk(case.pattern)) for case in node.cases])

    def _on_for(self, node: ast.For | ast.AsyncFor) -> None:
        self.value(node.iter)
        before, stood = set(self._defined), self._stands.copy()
        self.bind(node.target, node.iter)
        self.read(node.body)
        self.read(node.orelse)
        self._only_perhaps(before)
        self._stands = _any_of([stood, self._stands])

    def _on_while(self, node: ast.While) -> None:
        self.value(node.test)
        self._branches([[*node.body, *node.orelse], []])

    def _on_try(self, node: ast.Try) -> None:
        for handler in node.handlers:
            if handler.type is not None:
                self.value(handler.type)
        if node.handlers:
            self._branches([[*node.body, *node.orelse], *(handler.body for handler in node.handlers)])
            self._perhaps |= {handler.name for handler in node.handlers if handler.name}
        else:
            self.read([*node.body, *node.orelse])
        self.read(node.finalbody)

    def _on_with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, item.context_expr)
        self.read(node.body)

    def _on_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for outside in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.value(outside)
        made = self.function(node)
        if node.decorator_list:  # a decorator may call what it decorates
            self.call(made)
        self.store(node.name)
        if node.name not in self._local:
            self._deferred[node.name] = made

    def _on_class(self, node: ast.ClassDef) -> None:
        for outside in (*node.decorator_list, *node.bases, *(word.value for word in node.keywords)):
            self.value(outside)
        inside = Reader(self.kinds, self._local | set(bound_names(node.body)))
        inside.read([item for item in node.body if not isinstance(item, SCOPES)])
        self.take(inside)
        methods = Deferred(is_class=True)
        for item in node.body:
            if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                methods = _both(methods, self.function(item))
        self.store(node.name)
        if node.name not in self._local:
            self._deferred[node.name] = methods

    def _branches(self, bodies: Sequence[Sequence[ast.stmt]], patterns: Sequence[Sequence[ast.AST]] = ()) -> None:
        """Walk bodies of which one runs: what all of them bind is bound."""
        before, ends = set(self._defined), []
        stood, standings = self._stands, []
        for index, body in enumerate(bodies):
            self._defined, self._stands = set(before), stood.copy()
            for node in patterns[index] if index < len(patterns) else ():
                captured = getattr(node, "name", None) or getattr(node, "rest", None)
                if isinstance(captured, str):
                    self.store(captured)
            self.read(body)
            ends.append(self._defined)
            standings.append(self._stands)
        self._stands = _any_of(standings)
        self._perhaps |= set().union(*ends)
        self._defined = set.intersection(*ends) if ends else before

    def _only_perhaps(self, before: set[str]) -> None:
        self._perhaps |= self._defined
        self._defined = before

    # -- functions ---------------------------------------------------------------------------------------------------------------------

    def function(self, node: Function) -> Deferred:
        """Return what a function does when it is called."""
        arguments = node.args
        plain = [item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        starred = [item.arg for item in (arguments.vararg, arguments.kwarg) if item is not None]
        body = [ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body
        shared = {name for item in own_nodes(body) if isinstance(item, ast.Global) for name in item.names}
        own = (set(plain) | set(starred) | set(bound_names(body))) - shared
        given = {name: frozenset[int | str]({name, place}) for place, name in enumerate(plain)}
        for item, sign in ((arguments.vararg, STARRED), (arguments.kwarg, NAMED)):
            given |= {item.arg: frozenset[int | str]({sign})} if item is not None else {}
        kinds = {name: kind for name, kind in self.kinds.items() if name not in own}
        inside = Reader(kinds, (self._local - shared) | own, given).read(body)
        self._opaque += inside._opaque
        nested = Deferred()
        for one in inside._deferred.values():
            nested = _both(nested, one)
        return _both(
            Deferred(
                frozenset(inside._loaded),
                frozenset(inside._changed),
                frozenset(inside._defined | inside._perhaps),
                frozenset(inside._spoils),
                passes=tuple(inside._arguments),
            ),
            nested,
        )


def _any_of(ways: Sequence[Mapping[str, frozenset[int | str]]]) -> dict[str, frozenset[int | str]]:
    """Return what names may hold when one of several ways was gone."""
    return {name: frozenset().union(*(way.get(name, frozenset()) for way in ways)) for way in ways for name in way}


def _both(one: Deferred, other: Deferred) -> Deferred:
    return Deferred(
        one.loaded | other.loaded,
        one.changed | other.changed,
        one.stored | other.stored,
        one.spoils,
        one.is_class or other.is_class,
        one.passes,
    )


_WAYS: dict[type[ast.stmt], Callable[[Reader, Any], None]] = {
    ast.Assign: Reader._on_assign,
    ast.AnnAssign: Reader._on_annotated,
    ast.AugAssign: Reader._on_augmented,
    ast.Delete: Reader._on_delete,
    ast.Import: Reader._on_import,
    ast.ImportFrom: Reader._on_import_from,
    ast.If: Reader._on_if,
    ast.Match: Reader._on_match,
    ast.For: Reader._on_for,
    ast.AsyncFor: Reader._on_for,
    ast.While: Reader._on_while,
    ast.Try: Reader._on_try,
    ast.TryStar: Reader._on_try,
    ast.With: Reader._on_with,
    ast.AsyncWith: Reader._on_with,
    ast.FunctionDef: Reader._on_function,
    ast.AsyncFunctionDef: Reader._on_function,
    ast.ClassDef: Reader._on_class,
}
