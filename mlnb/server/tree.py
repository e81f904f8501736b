"""Routes of the catalog's tree: its levels, and what was dropped and can still come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.catalog.trash import Dropped
from mlnb.catalog.tree import Group, TreeNode
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, Empty, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace


class GetTree(Record):
    """Which level of the tree, and which part of it."""

    parent: str = ""
    filter: str = ""
    kind: Group | None = None
    max_results: int = 0
    page_token: str | None = None


class TreePage(Record):
    """Nodes below a parent."""

    nodes: list[TreeNode]
    next_page_token: str | None = None


class Trash(Record):
    """What was dropped and can come back, newest first."""

    items: list[Dropped]


def get_tree(ws: Workspace, q: GetTree) -> TreePage:
    """Return what lies below a parent."""
    page = ws.catalog.tree(q.parent, filter=q.filter, kind=q.kind, page_token=q.page_token, max_results=q.max_results)
    return TreePage(nodes=page.items, next_page_token=page.next_page_token)


def get_trash(ws: Workspace, q: Empty) -> Trash:
    """Return what can be brought back."""
    return Trash(items=ws.catalog.trash())


ROUTES = [
    Route(
        "GET",
        f"{NATIVE}/tree",
        get_tree,
        GetTree,
        TreePage,
        resource="catalog",
        tag="Catalog",
        summary="Return a level of the catalog tree",
        row="UC-2",
    ),
    Route(
        "GET",
        f"{NATIVE}/trash",
        get_trash,
        Empty,
        Trash,
        resource="catalog",
        tag="Catalog",
        summary="Return what was dropped and can come back",
        row="LAB-10",
    ),
]
