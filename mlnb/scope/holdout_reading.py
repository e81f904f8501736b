"""Leaving held-out rows out: conditions for engines, masks for frames, and what an output says about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from mlnb.catalog import metastore as rows
from mlnb.catalog.names import TableName, quote_always, split
from mlnb.core.access import looking
from mlnb.core.caller import calling
from mlnb.core.origin import origin_of

from .holdout_guards import Guard, active_holdouts, guards_of, is_under, with_names
from .holdout_records import Holdout, HoldoutKeyMissingError, HoldoutNote, held_out
from .holdout_rule import development, has_columns, shown

if TYPE_CHECKING:
    import numpy as np

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground


class Split(NamedTuple):
    """Which rows of a frame are not held out, and what to say about it; ``mask`` is None where all rows stay."""

    mask: np.ndarray[Any, Any] | None
    note: HoldoutNote | None


class Reading:
    """What the hold-outs of a workspace leave out.

    Parameters
    ----------
    ground, catalog
        The workspace's stores, its tables and where they came from.
    """

    def __init__(self, ground: Ground, catalog: Catalog) -> None:
        self._ground = ground
        self._catalog = catalog
        self._counted: dict[tuple[str, int, str], tuple[int, int]] = {}

    # -- which hold-outs --------------------------------------------------------------------------------------------------

    def active(self) -> Sequence[Holdout]:
        """Return what is held out now, without counting rows or asking who may see it: for the workspace's own decisions."""
        with self._ground.metastore.connect() as connection:
            return with_names(connection, active_holdouts(connection))

    def columns(self, full_name: str) -> Sequence[str]:
        """Return the columns of a table, none when it is gone."""
        with self._ground.metastore.connect() as connection:
            info = rows.find_table(connection, TableName(*full_name.split(".")))
        return [column.name for column in info.columns] if info is not None else []

    def guards(self, table: str) -> Sequence[Guard]:
        """Return the hold-outs that a table is under: its own, or those of the tables it was made from."""
        return self.guards_of_full_name(self._catalog.parse(table).full_name)

    def guards_of_full_name(self, name: str) -> Sequence[Guard]:
        """Return the same for a table by its full name as it stands in records."""
        if name.count(".") != 2:
            return []
        self._settle()
        with self._ground.metastore.connect() as connection:
            return guards_of(connection, name)

    def declared_since(self, full_name: str, at: int) -> bool:
        """Return whether rows of a table, or of what it was made from, are held out by a rule that is newer than a time."""
        with self._ground.metastore.connect() as connection:
            newer = [one for one in active_holdouts(connection) if one.created_at > at]
            return bool(newer) and full_name.count(".") == 2 and is_under(connection, full_name, newer)

    def _settle(self) -> None:
        """Wait until lineage has what this process wrote: a table made a moment ago inherits from the first read on."""
        recorder = self._catalog.__dict__.get("recorder")
        if recorder is not None and recorder.wrote and not self._ground.metastore.in_transaction:
            recorder.wrote = False
            recorder.flush(5.0)

    # -- leaving rows out ---------------------------------------------------------------------------------------------------

    def predicate(self, table: str, dialect: str = "duckdb") -> str | None:
        """Return the condition that rows of a table satisfy which are not held out, None when all do.

        Parameters
        ----------
        dialect
            ``duckdb`` or ``spark``.

        Raises
        ------
        HoldoutKeyMissingError
            When a column that the rule reads is gone: then the table cannot be shown without the held-out rows.
        """
        with self._ground.metastore.connect() as connection:
            if not active_holdouts(connection):
                return None
        name = self._catalog.parse(table).full_name
        self._settle()
        with self._ground.metastore.connect() as connection:
            guards = [guard for guard in guards_of(connection, name) if not guard.mixed]
            for guard in guards:
                _check_columns(connection, name, guard)
        return " AND ".join(f"({shown(guard.rule, dialect)})" for guard in guards) or None

    def row_filter(self, table: str, dialect: str) -> str | None:
        """Return the condition for the catalog, which asks with full names."""
        return self.predicate(quoted(table), dialect)

    def counts(self, table: str, version: int | None = None) -> tuple[int, int]:
        """Return how many rows of a table are held out, and of how many; counted once for each version."""
        condition = self.predicate(table)
        # How many rows a table has is shown with its name: whoever may ask for it may know how many are held out.
        with calling(trusted=True), looking():
            handle = self._catalog.table(table, version=version, filtered=False)
            if handle.info.view_definition is not None or condition is None:
                return 0, handle.count()
            known = (handle.info.table_id, handle.version, condition)
            if known not in self._counted:
                total = handle.count()
                kept = self._catalog.table(table, version=handle.version, filtered=True).count()
                self._counted[known] = (total - kept, total)
        return self._counted[known]

    def note(self, table: str, version: int | None = None) -> HoldoutNote | None:
        """Return what is said of a table that was read without its held-out rows; None when it is under no hold-out."""
        guards = self.guards(table)
        if not guards:
            return None
        name = self._catalog.parse(table).full_name
        own = [guard for guard in guards if not guard.mixed]
        if not own:
            return _mixed(name, guards[0])
        excluded, total = self.counts(table, version)
        return HoldoutNote(
            id=own[0].holdout.id, table=name, excluded=excluded, total=total, note=f"{held_out(excluded, total)}."
        )

    def reading_note(self, table: str, version: int) -> str | None:
        """Return the line that stands under rows of a table, for the catalog."""
        found = self.note(quoted(table), version)
        return f"{found.table}: {found.note}" if found is not None else None

    def split(self, data: Any, table: str | None = None) -> Split:
        """Tell which rows of a frame are not held out.

        Parameters
        ----------
        data
            pandas, polars, Arrow, or anything that Arrow reads.
        table
            The table whose rule applies; by default the one that the frame says it was read from.

        Returns
        -------
        Split
            ``mask`` is True for the rows that may be seen, None where all may; ``note`` is what to say, None where nothing is held out.
        """
        source = origin_of(data)
        name = table or source.get("table")
        if name is None and source.get("tables"):
            return Split(None, self._made(source))
        if name is None or not self._catalog.exists(name):
            return Split(None, self._unknown(data))
        guards = self.guards(name)
        if not guards:
            return Split(None, None)
        full = self._catalog.parse(name).full_name
        if source.get("filtered") and (table is None or full == source.get("table")):
            return Split(None, self.note(name, source.get("version")))
        return self._masked(data, full, guards)

    def _masked(self, data: Any, name: str, guards: Sequence[Guard]) -> Split:
        import numpy as np

        usable = [guard for guard in guards if not guard.mixed]
        if not usable:
            return Split(None, _mixed(name, guards[0]))
        guard = usable[0]
        absent = [column for one in usable for column in one.rule.columns if not has_columns(data, [column])]
        if absent:
            text = f"Cannot tell which rows are held out: {', '.join(absent)} of {name} is not among the columns."
            return Split(None, HoldoutNote(id=guard.holdout.id, table=name, known=False, note=text))
        mask, empty = development(guard.rule, data)
        for other in usable[1:]:
            more, unknown = development(other.rule, data)
            mask, empty = mask & more, max(empty, unknown)
        excluded = int(np.count_nonzero(~mask))
        text = f"{held_out(excluded, len(mask))}."
        if empty:
            text += f" {empty:,} rows without {', '.join(guard.rule.columns)} are not held out."
        note = HoldoutNote(id=guard.holdout.id, table=name, excluded=excluded, total=len(mask), note=text)
        return Split(mask if excluded else None, note)

    def _made(self, source: Mapping[str, Any]) -> HoldoutNote | None:
        """Return the line for what a query made of tables that were read without their held-out rows."""
        notes = []
        for name, version in source["tables"].items():
            if not self._catalog.exists(quoted(name)):
                continue
            note = self.note(quoted(name), version)
            if note is not None and note.known and name not in source["guarded"]:
                text = f"Cannot tell which rows are held out: {name} was read before rows of it were."
                note = HoldoutNote(id=note.id, table=name, known=False, note=text)
            if note is not None:
                notes.append(note)
        if len(notes) < 2:
            return notes[0] if notes else None
        text = " ".join(f"{note.table}: {note.note}" for note in notes)
        known = all(note.known for note in notes)
        return HoldoutNote(
            id=notes[0].id, table=notes[0].table, excluded=sum(note.excluded for note in notes), known=known, note=text
        )

    def _unknown(self, data: Any) -> HoldoutNote | None:
        """Return the line for a frame of unknown origin that carries a key by which rows are held out elsewhere."""
        with self._ground.metastore.connect() as connection:
            found = [one for one in active_holdouts(connection) if has_columns(data, one.rule.columns)]
        if not found:
            return None
        columns = ", ".join(found[0].rule.columns)
        text = f"Cannot tell which rows are held out: {columns} decides it in {found[0].table_name}, but where these rows come from is not known."
        return HoldoutNote(id=found[0].id, table=found[0].table_name, known=False, note=text)


def _check_columns(connection: sa.Connection, full_name: str, guard: Guard) -> None:
    info = rows.find_table(connection, TableName(*full_name.split(".")))
    names = {column.name for column in info.columns} if info is not None else set()
    missing = [name for name in guard.rule.columns if name not in names]
    if missing and info is not None:
        raise HoldoutKeyMissingError(
            f"{', '.join(missing)} decides which rows of {full_name} are held out, and is no column of it any more.",
            hint="Bring the column back, or let a signer of its scope card retire the hold-out: "
            f"%holdout retire {guard.holdout.table_name}.",
        )


def _mixed(name: str, guard: Guard) -> HoldoutNote:
    columns = ", ".join(guard.holdout.rule.columns)
    text = (
        f"Mixed: made from {guard.holdout.table_name} without {columns}, so held-out rows may be in it. "
        "A model trained on it does not pass the gate holdout."
    )
    return HoldoutNote(id=guard.holdout.id, table=name, known=False, note=text)


def quoted(full_name: str) -> str:
    """Return a full name as a name that is parsed: each part in backticks."""
    return ".".join(map(quote_always, split(full_name)))
