"""Questions about syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def own_nodes(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of a scope without those of the scopes inside it."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*SCOPES, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)


def bound_names(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the names that a scope binds itself."""
    for node in own_nodes(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (item.asname or item.name.split(".")[0] for item in node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name


def base_name(node: ast.expr) -> str | None:
    """Return the name at the bottom of ``name.attribute[item]``, None when something else is there."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def dotted(node: ast.expr) -> str | None:
    """Return ``a.b.c`` as text, None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def callees(value: ast.expr) -> set[str]:
    """Return the name that an expression calls, if that is what it is."""
    return {value.func.id} if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else set()


def is_globals(target: ast.expr) -> bool:
    """Return whether an expression is an item of ``globals()``."""
    inner = target.value if isinstance(target, ast.Subscript) else None
    return isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in ("globals", "locals")
