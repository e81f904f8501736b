"""Routes that keep a table in order: an earlier version restored, files joined, files nobody needs deleted, versions pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from mlnb.catalog.records import Commit, KeyReport, Pin, VacuumReport
from mlnb.core.records import Record
from mlnb.server.route import NATIVE, routes_under

if TYPE_CHECKING:
    from mlnb.door import Workspace


class TableName(Record):
    """A table by its full name."""

    name: str


class RestoreTable(TableName):
    """The version to go back to."""

    version: int


class OptimizeTable(TableName):
    """Columns near values of which are laid together; none joins small files only."""

    zorder_by: list[str] = Field(default_factory=list)


class VacuumTable(TableName):
    """How much to keep; a dry run unless said otherwise, and ``force`` for less than the settings ask for."""

    retain_hours: float | None = None
    dry_run: bool = True
    force: bool = False


class PinVersion(TableName):
    """A version, and who needs it."""

    version: int
    owner: str


class UnpinVersion(TableName):
    """Whose pins of the table go."""

    owner: str


class Pins(Record):
    """Who needs which version."""

    pins: list[Pin]


def restore(ws: Workspace, q: RestoreTable) -> Commit:
    """Make an earlier version the newest one again."""
    return ws.catalog.table(q.name).restore(version=q.version)


def optimize(ws: Workspace, q: OptimizeTable) -> Commit:
    """Join small files."""
    return ws.catalog.table(q.name).optimize(zorder_by=q.zorder_by)


def vacuum(ws: Workspace, q: VacuumTable) -> VacuumReport:
    """Delete files nobody needs, or say which."""
    return ws.catalog.table(q.name).vacuum(q.retain_hours, q.dry_run, force=q.force)


def verify_key(ws: Workspace, q: TableName) -> KeyReport:
    """Count what breaks the primary key."""
    return ws.catalog.table(q.name).verify_key()


def pins(ws: Workspace, q: TableName) -> Pins:
    """List the pins of a table."""
    return Pins(pins=ws.catalog.pins(q.name))


def pin(ws: Workspace, q: PinVersion) -> Pin:
    """Pin a version."""
    return ws.catalog.pin(q.name, q.version, q.owner)


def unpin(ws: Workspace, q: UnpinVersion) -> None:
    """Take an owner's pins of the table away."""
    ws.catalog.unpin(q.owner, name=q.name)


_route = routes_under(f"{NATIVE}/tables/{{name}}", resource="catalog", tag="Catalog", pool="slow")


ROUTES = (
    _route("POST", "/restore", restore, RestoreTable, Commit, "Restore a version", "UC-14"),
    _route("POST", "/optimize", optimize, OptimizeTable, Commit, "Join a table's small files", "CAT-3"),
    _route("POST", "/vacuum", vacuum, VacuumTable, VacuumReport, "Delete files nobody needs", "CAT-3"),
    _route("POST", "/verify-key", verify_key, TableName, KeyReport, "Verify the primary key", "CAT-8"),
    _route("GET", "/pins", pins, TableName, Pins, "Who needs which version", "CAT-4"),
    _route("POST", "/pins", pin, PinVersion, Pin, "Pin a version", "CAT-4"),
    _route("DELETE", "/pins", unpin, UnpinVersion, None, "Unpin", "CAT-4", status=204),
)
