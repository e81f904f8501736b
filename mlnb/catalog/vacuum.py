"""Vacuuming: files that no version anybody may ask for needs any more are deleted, and pinned versions are not touched."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, InvalidStateError

from .delta import log, maintain
from .delta.handles import is_local
from .pins import pins_of
from .records import Commit, Pin, TableInfo, VacuumReport

if TYPE_CHECKING:
    from .delta.write import Writer
    from .service import Catalog

_HOUR_MS = 3_600_000

#: Paths in a report.
_PATHS = 1000

#: Days for which log entries are kept, unless the table's ``delta.logRetentionDuration`` says otherwise.
_LOG_DAYS = 30


def vacuum(
    catalog: Catalog, info: TableInfo, retain_hours: float | None, *, dry_run: bool, force: bool
) -> VacuumReport:
    """See :meth:`mlnb.catalog.keeping.TableKeeper.vacuum`."""
    asked = catalog.settings.vacuum_retention_hours if retain_hours is None else retain_hours
    if asked < 0:
        raise InvalidParameterError("A retention cannot be negative.", hint="Give hours, 0 or more.")
    least = catalog.settings.vacuum_retention_hours
    if asked < least and not force:
        raise InvalidStateError(
            f"{asked:g} hours are less than the {least:g} hours for which earlier versions are kept; {_lost(catalog, info, asked)}.",
            code="DELTA_VACUUM_RETENTION_TOO_SHORT",
            hint="Pass force=True to insist, or set vacuum_retention_hours in [catalog] of mlnb.toml.",
        )
    with catalog.commits.locks.exclusive(info.storage_location):
        with catalog.ground.metastore.connect() as connection:
            pins = pins_of(connection, info.table_id)
        keep = sorted({pin.version for pin in pins})
        hours = math.ceil(asked)
        sizes: dict[str, int] = {}

        def find(writer: Writer) -> list[str]:
            return maintain.vacuum(writer, info.storage_location, hours, keep, dry_run=True)

        paths = find(catalog.commits.writer(""))
        sizes = {path: _size(info.storage_location, path) for path in paths}
        entries = 0
        if not dry_run and paths:

            def write(writer: Writer) -> None:
                maintain.vacuum(writer, info.storage_location, hours, keep, dry_run=False)

            catalog.commits.commit(info, write)
            catalog.handles.forget_old(info.storage_location)
        if not dry_run:
            entries = clean_log(catalog, info, pins)
        return _report(catalog, info, asked, pins, sizes, entries, dry_run=dry_run)


def _report(
    catalog: Catalog,
    info: TableInfo,
    hours: float,
    pins: Sequence[Pin],
    sizes: dict[str, int],
    entries: int,
    *,
    dry_run: bool,
) -> VacuumReport:
    location = info.storage_location
    oldest = 0
    if is_local(location):
        oldest = _oldest_without(location, set(sizes)) if dry_run else log.oldest_readable(location)
    report = VacuumReport(
        table=info.full_name,
        dry_run=dry_run,
        retain_hours=hours,
        files=len(sizes),
        size_bytes=sum(sizes.values()),
        paths=list(sizes)[:_PATHS],
        pins=list(pins),
        oldest_readable=oldest,
        log_entries=entries,
    )
    if entries:
        payload = {"files": report.files, "retain_hours": hours, "log_entries": entries}
        with catalog.ground.metastore.begin():
            catalog.ground.journal.append("table.vacuumed", f"table:{info.full_name}", payload)
    return report


def clean_log(catalog: Catalog, info: TableInfo, pins: Sequence[Pin]) -> int:
    """Delete log entries that neither a pinned nor a young version needs; return how many."""
    location = info.storage_location
    if not is_local(location):
        return 0
    snapshot = catalog.handles.latest(location)
    older_than = now_ms() - _log_days(snapshot.configuration) * 24 * _HOUR_MS
    return log.clean(location, min([snapshot.version, *(pin.version for pin in pins)]), older_than)


def _log_days(configuration: dict[str, str]) -> int:
    match = re.fullmatch(r"interval (\d+) (day|week)s?", configuration.get("delta.logRetentionDuration", "").strip())
    return int(match[1]) * (7 if match[2] == "week" else 1) if match else _LOG_DAYS


def _size(location: str, path: str) -> int:
    try:
        here = os.path.join(location, path)
        return (
            os.path.getsize(here if os.path.exists(here) else log.data_path(location, path))
            if is_local(location)
            else 0
        )
    except OSError:
        return 0


def _lost(catalog: Catalog, info: TableInfo, hours: float) -> str:
    """Say which versions would become unreadable."""
    cut = now_ms() - hours * _HOUR_MS
    history: list[Commit] = catalog.lookup.history_of(info)
    newest = history[0].version
    old = [commit.version for commit in history[1:] if commit.timestamp < cut]
    if not old:
        return "no version would be lost now"
    return (
        f"versions {min(old)} to {max(old)} of 0 to {newest} could become unreadable"
        if len(old) > 1
        else (f"version {old[0]} could become unreadable")
    )


def _oldest_without(location: str, gone: set[str]) -> int:
    """Return the oldest version from which on all would be readable without some files."""
    found = log.Log.of(location)
    lost = log.unreadable(location)
    since: dict[str, int] = {}
    names = {os.path.basename(path) for path in gone}
    for version in range(found.oldest, found.newest + 1):
        for action in found.actions(version) if version in found.entries else ():
            if "add" in action:
                since[action["add"]["path"]] = version
            elif "remove" in action and os.path.basename(action["remove"]["path"]) in names:
                lost.update(range(since.get(action["remove"]["path"], found.oldest), version))
    return max(lost, default=found.oldest - 1) + 1
