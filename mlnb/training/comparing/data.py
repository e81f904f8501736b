"""The data of two runs: which tables at which versions, which files with which content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from mlnb.catalog.compare import schema_changes
from mlnb.core.errors import MlnbError

from ..records import RunData
from ..records_diff import Change, DataDiff

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog


def data_diffs(a: Sequence[RunData], b: Sequence[RunData], catalog: Catalog, notes: list[str]) -> list[DataDiff]:
    """Return what was read and written on either side; tables of different versions with the columns that changed between them."""
    sides = [_by_name(a), _by_name(b)]
    found = []
    for key in sorted({*sides[0], *sides[1]}):
        for one, other in zip_longest(sides[0].get(key, []), sides[1].get(key, [])):
            found.append(_diff(key, one, other, catalog, notes))
    return found


def _by_name(data: Sequence[RunData]) -> dict[tuple[str, str, str], list[RunData]]:
    found: dict[tuple[str, str, str], list[RunData]] = defaultdict(list)
    for item in sorted(data, key=lambda item: (item.version is None, item.version or 0)):
        found[(item.direction, item.kind, item.name)].append(item)
    return found


def _diff(
    key: tuple[str, str, str], a: RunData | None, b: RunData | None, catalog: Catalog, notes: list[str]
) -> DataDiff:
    direction, kind, name = key
    found = DataDiff(
        name=name,
        kind=kind,
        direction=direction,
        change=_change(a, b),
        a_version=a.version if a else None,
        b_version=b.version if b else None,
        a_rows=a.n_rows if a else None,
        b_rows=b.n_rows if b else None,
        a_fingerprint=a.fingerprint if a else None,
        b_fingerprint=b.fingerprint if b else None,
    )
    if kind == "table" and found.a_version is not None and found.b_version is not None and found.change == "changed":
        return _with_columns(found, catalog, notes)
    return found


def _change(a: RunData | None, b: RunData | None) -> Change:
    if a is None or b is None:
        return "added" if a is None else "removed"
    if a.version is not None or b.version is not None:
        return "same" if a.version == b.version else "changed"
    if a.fingerprint is not None or b.fingerprint is not None:
        return "same" if a.fingerprint == b.fingerprint else "changed"
    return "same" if a.n_rows == b.n_rows else "changed"


def _with_columns(found: DataDiff, catalog: Catalog, notes: list[str]) -> DataDiff:
    """Add the columns that two versions of a table have not in common; a version that is gone is a note."""
    try:
        info = catalog.info(found.name)
        before, after = (catalog.lookup.found(info, version) for version in (found.a_version, found.b_version))
        changes = schema_changes(before.snapshot, after.snapshot)
    except MlnbError as error:
        notes.append(f"The columns of {found.name} cannot be compared: {error.message}")
        return found
    named = {
        field: [
            item.name if kind != "type" else f"{item.name}: {item.before} → {item.after}"
            for item in changes
            if item.change == kind
        ]
        for field, kind in (("columns_added", "added"), ("columns_removed", "removed"), ("columns_retyped", "type"))
    }
    return found.model_copy(update=named)
