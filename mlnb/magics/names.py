"""Names that complete a magic's line: of tables, columns, scope cards, endpoints, experiments, runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlnb.door import Workspace


def table_names(ws: Workspace, prefix: str) -> Iterable[str]:
    """Names of tables that start with ``prefix``, or of the catalogs and schemas on the way."""
    parts = prefix.split(".")
    if len(parts) == 1:
        found = [f"{item.name}." for item in ws.catalog.catalogs().items]
    elif len(parts) == 2:
        found = [f"{parts[0]}.{item.name}." for item in ws.catalog.schemas(parts[0]).items]
    else:
        found = [item.full_name for item in ws.catalog.tables(".".join(parts[:2])).items]
    return [name for name in found if name.startswith(prefix)]


def scope_names(ws: Workspace, prefix: str) -> Iterable[str]:
    """Names of scope cards that start with ``prefix``."""
    return [scope.name for scope in ws.scopes.list() if scope.name.startswith(prefix)]


def endpoint_names(ws: Workspace, prefix: str) -> Iterable[str]:
    """Names of endpoints that start with ``prefix``."""
    return [item.name for item in ws.endpoints.list() if item.name.startswith(prefix)]


def experiment_names(ws: Workspace, prefix: str) -> Iterable[str]:
    """Names of experiments that start with ``prefix``."""
    return [item.name for item in ws.runs.experiments() if item.name.startswith(prefix)]


def run_names(ws: Workspace, prefix: str) -> Iterable[str]:
    """Names of the newest runs that start with ``prefix``, and the words for the last and the best."""
    if prefix.startswith("@"):
        metrics = [
            column.key
            for item in ws.runs.experiments()[:5]
            for column in ws.runs.columns(item.experiment_id, kind="metrics").columns
        ]
        words = ["@last", *(f"@best:{key.removeprefix('metrics.')}" for key in dict.fromkeys(metrics))]
        return [word for word in words if word.startswith(prefix)]
    page = ws.runs.search(columns=["run_name"], limit=200)
    return [name for name in dict.fromkeys(page.columns[0].values) if name and name.startswith(prefix)]
