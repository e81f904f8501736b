"""Rows kept for the final test: declare them, leave them out of everything else, count who looks (``ws.scopes.holdouts``)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from mlnb.catalog import metastore as rows
from mlnb.catalog.names import TableName
from mlnb.core.access import looking
from mlnb.core.caller import calling, current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, NotFoundError, PermissionDeniedError, did_you_mean

from .holdout_guards import Guard, active_holdouts, guards_of, holdout_of
from .holdout_looks import Looks, may_change
from .holdout_records import (
    Holdout,
    HoldoutExistsError,
    HoldoutKeyMissingError,
    HoldoutList,
    HoldoutLook,
    HoldoutNote,
    HoldoutNotFoundError,
    HoldoutRule,
    HoldoutStatus,
    Purpose,
    ScopeSettings,
    held_out,
)
from .holdout_rule import canonical_time, development, has_columns, held, key_type, shown, time_type, unsupported
from .tables import holdouts

if TYPE_CHECKING:
    import numpy as np

    from mlnb.catalog.records import TableInfo
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

    from .records import Scope

#: Where a frame carries the table it was read from.
_SOURCE = "mlnb.source"
#: Fractions outside leave too little on one side.
_SMALLEST, _LARGEST = 0.001, 0.9


class Split(NamedTuple):
    """Which rows of a frame are not held out, and what to say about it; ``mask`` is None where all rows stay."""

    mask: np.ndarray[Any, Any] | None
    note: HoldoutNote | None


class Holdouts:
    """The workspace's hold-outs.

    Parameters
    ----------
    ground
        The workspace's stores.
    catalog
        The tables, and where they came from.
    card
        Returns a scope card: those who sign it decide about its hold-out.
    """

    def __init__(self, ground: Ground, catalog: Catalog, card: Callable[[str], Scope]) -> None:
        self._ground = ground
        self._catalog = catalog
        self.settings = ground.settings.section("scope", ScopeSettings)
        self._looks = Looks(ground, catalog, self.settings, card)
        self._counted: dict[tuple[str, int, str], tuple[int, int]] = {}

    # -- declaring -------------------------------------------------------------------------------------------------------

    def declare(
        self,
        table: str,
        *,
        key: str | Sequence[str] | None = None,
        fraction: float | None = None,
        time: str | None = None,
        since: Any = None,
        column: str | None = None,
        value: Any = None,
        looks: int | None = None,
        may_look: Sequence[str] = (),
        scope: str | None = None,
        salt: str | None = None,
    ) -> Holdout:
        """Hold rows of a table out: a fraction of its keys, all from a time on, or those with a value in a column.

        Parameters
        ----------
        key, fraction
            All rows of one key value are on one side, so the key is the customer, not the row. 0.2 of the values by default.
        time, since
            Rows whose ``time`` is ``since`` or later.
        column, value
            Rows marked already.
        looks
            How often anybody may look; the setting ``holdout_looks`` by default.
        may_look
            ``user:NAME``, ``group:NAME`` or ``agent:NAME``; everybody who may read the table by default, but no assistant.
        scope
            The card whose signers decide about renewal.
        salt
            Hold other keys out than the workspace's other hold-outs do.

        Raises
        ------
        HoldoutExistsError
            When the table has a hold-out by another rule.
        HoldoutKeyUnsupportedError
            For a key of floats or times.
        """
        made = self.ensure(
            table,
            key=key,
            fraction=fraction,
            time=time,
            since=since,
            column=column,
            value=value,
            looks=looks,
            may_look=may_look,
            scope=scope,
            salt=salt,
        )
        return self.get(made)

    def ensure(
        self,
        table: str,
        *,
        key: str | Sequence[str] | None = None,
        fraction: float | None = None,
        time: str | None = None,
        since: Any = None,
        column: str | None = None,
        value: Any = None,
        looks: int | None = None,
        may_look: Sequence[str] = (),
        scope: str | None = None,
        salt: str | None = None,
    ) -> str:
        """Declare a hold-out as :meth:`declare` does, joining the open transaction; return its id without counting rows."""
        info = self._table(table)
        self._catalog.require("MANAGE", "table", info.full_name)
        allowed = self.settings.holdout_looks if looks is None else looks
        if isinstance(allowed, bool) or not isinstance(allowed, int) or not 1 <= allowed <= 1000:
            raise InvalidParameterError(f"looks={looks!r} is not a number of looks.", hint="Allow 1 to 1000.")
        keys = [key] if isinstance(key, str) else list(key or ())
        rule = _rule(info, keys, fraction, time, since, column, value)
        who = [_who(name) for name in ([may_look] if isinstance(may_look, str) else may_look)]
        caller = current_caller().principal
        with self._ground.metastore.begin() as connection:
            known = next((one for one in active_holdouts(connection) if one.table_id == info.table_id), None)
            if rule.kind == "key":
                rule = rule.model_copy(update={"salt": salt if salt is not None else _salt(connection, known)})
            if known is not None:
                return self._again(connection, known, info, rule, looks, who, scope)
            row: dict[str, Any] = {"id": uuid.uuid4().hex, "table_name": info.full_name, "table_id": info.table_id}
            row |= {
                "rule": rule.model_dump(mode="json"),
                "scope_name": scope,
                "looks_allowed": allowed,
                "looks_used": 0,
            }
            row |= {"may_look": who, "state": "ACTIVE", "created_by": caller, "created_at": now_ms()}
            connection.execute(holdouts.insert().values(row))
            payload: dict[str, Any] = {
                "id": row["id"],
                "rule": str(rule),
                "looks": allowed,
                "may_look": who,
                "scope": scope,
            }
            self._ground.journal.append("holdout.declared", f"table:{info.full_name}", payload)
        return str(row["id"])

    def _again(
        self,
        connection: sa.Connection,
        known: Holdout,
        info: TableInfo,
        rule: HoldoutRule,
        looks: int | None,
        who: list[str],
        scope: str | None,
    ) -> str:
        """Declare what is declared: the same again changes nothing but its card; another rule is refused."""
        same = rule == known.rule and looks in (None, known.looks_allowed) and (not who or who == known.may_look)
        if not same:
            what = "by another rule" if rule != known.rule else "with other looks"
            raise HoldoutExistsError(
                f"{info.full_name} has a hold-out already, {what}: {known.rule}, {known.looks_allowed} looks.",
                hint=f"Renew it for more looks, or retire it first: %holdout retire {info.full_name}. "
                "Rows that were seen once are no test any more.",
            )
        if scope is not None and known.scope_name is None:
            connection.execute(holdouts.update().where(holdouts.c.id == known.id).values(scope_name=scope))
        return known.id

    # -- finding ---------------------------------------------------------------------------------------------------------

    def get(self, table: str) -> Holdout:
        """Return the hold-out of a table, by the table's name or the hold-out's id.

        Raises
        ------
        HoldoutNotFoundError
            When none of its rows are held out; the hint names tables that have some.
        """
        found = self.find(table)
        if found is not None:
            return found
        names = [one.table_name for one in self.list()]
        raise HoldoutNotFoundError(
            f"No rows of {table} are held out.",
            hint=did_you_mean(table, names) or f"%holdout declare {table} --key COLUMN --fraction 0.2 holds some out.",
        )

    def find(self, table: str) -> Holdout | None:
        """Return the hold-out that a table was declared with, None when it has none."""
        with self._ground.metastore.connect() as connection:
            by_id = connection.execute(sa.select(holdouts).where(holdouts.c.id == table)).mappings().first()
            if by_id is not None:
                found = [holdout_of(by_id)]
            elif not active_holdouts(connection):
                return None
            else:
                name = self._catalog.parse(table).full_name
                guards = guards_of(connection, name)
                found = [guard.holdout for guard in guards if not guard.inherited]
        if not found:
            return None
        if self._catalog.exists(_quoted(found[0].table_name)):
            self._catalog.require("BROWSE", "table", found[0].table_name)
        return self._filled(found[0])

    def list(self, *, retired: bool = False) -> HoldoutList:
        """Return all hold-outs, by table; with ``retired`` also those of the past."""
        with self._ground.metastore.connect() as connection:
            query = sa.select(holdouts).order_by(holdouts.c.table_name, holdouts.c.created_at)
            found = [holdout_of(row) for row in connection.execute(query).mappings()]
        return HoldoutList(one for one in found if (retired or one.state != "RETIRED") and self._may_see(one))

    def _may_see(self, holdout: Holdout) -> bool:
        try:
            self._catalog.require("BROWSE", "table", holdout.table_name)
        except (PermissionDeniedError, NotFoundError):
            return self._catalog.rights.administers()
        return True

    def active(self) -> Sequence[Holdout]:
        """Return what is held out now, without counting rows or asking who may see it: for the workspace's own decisions."""
        with self._ground.metastore.connect() as connection:
            return active_holdouts(connection)

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

    def _settle(self) -> None:
        """Wait until lineage has what this process wrote: a table made a moment ago inherits from the first read on."""
        recorder = self._catalog.__dict__.get("recorder")
        if recorder is not None and not self._ground.metastore.in_transaction:
            recorder.flush(5.0)

    def _filled(self, holdout: Holdout) -> Holdout:
        """Add how many rows are held out, as far as it can be counted."""
        name = _quoted(holdout.table_name)
        if holdout.state == "RETIRED" or not self._catalog.exists(name):
            return holdout
        try:
            excluded, total = self.counts(name)
        except HoldoutKeyMissingError as error:
            return holdout.model_copy(update={"note": error.message})
        return holdout.model_copy(
            update={"excluded": excluded, "total": total, "note": f"{held_out(excluded, total)}."}
        )

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
        return self.predicate(_quoted(table), dialect)

    def held(self, table: str, dialect: str = "spark") -> str:
        """Return the condition that the held-out rows of a table satisfy; the one for Spark is what ``where=`` of the catalog takes."""
        return held(self.get(table).rule, dialect)

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
        found = self.note(_quoted(table), version)
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
        attributes = getattr(data, "attrs", None)
        origin = attributes.get(_SOURCE) if isinstance(attributes, dict) else None
        source = origin if isinstance(origin, dict) and origin.get("table") else {}
        name = table or source.get("table")
        if name is None or not self._catalog.exists(name):
            return Split(None, self._unknown(data))
        guards = self.guards(name)
        if not guards:
            return Split(None, None)
        full = self._catalog.parse(name).full_name
        if source.get("filtered") and (table is None or full == source["table"]):
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

    def _unknown(self, data: Any) -> HoldoutNote | None:
        """Return the line for a frame of unknown origin that carries a key by which rows are held out elsewhere."""
        with self._ground.metastore.connect() as connection:
            found = [one for one in active_holdouts(connection) if has_columns(data, one.rule.columns)]
        if not found:
            return None
        columns = ", ".join(found[0].rule.columns)
        text = f"Cannot tell which rows are held out: {columns} decides it in {found[0].table_name}, but where these rows come from is not known."
        return HoldoutNote(id=found[0].id, table=found[0].table_name, known=False, note=text)

    # -- looking ---------------------------------------------------------------------------------------------------------

    def open(self, table: str, reason: str, *, purpose: Purpose = "open") -> HoldoutLook:
        """Take one look at the held-out rows of a table.

        Raises
        ------
        HoldoutSpentError
            When no look is left.
        PermissionDeniedError
            When the caller may not look.
        """
        if not reason.strip():
            raise InvalidParameterError("A look needs a reason.", hint="Say what the look is for: --reason TEXT.")
        return self._looks.take(self.get(table), purpose=purpose, reason=reason.strip())

    def rows(self, table: str, reason: str) -> Any:
        """Take one look and return the held-out rows as a pandas frame."""
        holdout = self.get(table)
        look = self.open(holdout.id, reason)
        handle = self._catalog.table(_quoted(holdout.table_name), filtered=False)
        frame = handle.to_pandas(where=held(holdout.rule, "spark"))
        frame.attrs[_SOURCE] |= {"filtered": False, "look": look.number}
        return frame

    def look(
        self,
        table: str,
        *,
        purpose: Purpose,
        model_digest: str,
        metric_set: str = "",
        run_id: str | None = None,
        reason: str | None = None,
    ) -> HoldoutLook:
        """Take a look for a model; the same model and metrics again are the same look, whoever asks."""
        return self._looks.take(
            self.get(table),
            purpose=purpose,
            reason=reason,
            model_digest=model_digest,
            metric_set=metric_set,
            run_id=run_id,
        )

    def taken(self, table: str, model_digest: str, metric_set: str = "") -> HoldoutLook | None:
        """Return the look taken at a model before, None when there was none."""
        return self._looks.taken(self.get(table), model_digest, metric_set)

    def seen(self, look: HoldoutLook, metrics: dict[str, float]) -> None:
        """Keep with a look what it showed: the next one at the same model is answered with it."""
        self._looks.keep(look, metrics)

    def looks(self, table: str) -> Sequence[HoldoutLook]:
        """Return the looks taken, oldest first."""
        return self._looks.of(self.get(table))

    def status(self, table: str) -> HoldoutStatus:
        """Return the hold-out of a table with the looks taken."""
        holdout = self.get(table)
        return HoldoutStatus(holdout=holdout, looks=list(self._looks.of(holdout)))

    def renew(self, table: str, looks: int, reason: str) -> Holdout:
        """Allow more looks. Whoever signs the card decides; without a card whoever may manage the table.

        Raises
        ------
        PermissionDeniedError
            For everybody else.
        """
        holdout = self.get(table)
        self._looks.renew(holdout, looks, reason)
        return self.get(holdout.id)

    def retire(self, table: str, reason: str = "") -> Holdout:
        """Hold the rows out no longer: for good, since they are seen from now on."""
        holdout = self.get(table)
        if holdout.state == "RETIRED":
            return holdout
        may_change(self._catalog, self._looks.card, holdout, "retire")
        with self._ground.metastore.begin() as connection:
            connection.execute(holdouts.update().where(holdouts.c.id == holdout.id).values(state="RETIRED"))
            payload = {"id": holdout.id, "reason": reason, "looks_used": holdout.looks_used}
            self._ground.journal.append("holdout.retired", f"table:{holdout.table_name}", payload)
        return self.get(holdout.id)

    def _table(self, table: str) -> TableInfo:
        info = self._catalog.info(table)
        if info.view_definition is not None:
            raise InvalidParameterError(
                f"{info.full_name} is a view: its rows are those of the tables it reads.",
                hint="Declare the hold-out for one of these tables; the view then leaves its rows out too.",
            )
        return info


def _rule(
    info: TableInfo,
    keys: Sequence[str],
    fraction: float | None,
    time: str | None,
    since: Any,
    column: str | None,
    value: Any,
) -> HoldoutRule:
    """Check what was asked for and return it as a rule."""
    given = [bool(keys), time is not None or since is not None, column is not None or value is not None]
    if sum(given) != 1:
        raise InvalidParameterError(
            "A hold-out has one rule: key with a fraction, time with since, or column with value.",
            hint="For example key=['customer_id'], fraction=0.2.",
        )
    if keys:
        share = 0.2 if fraction is None else fraction
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not _SMALLEST <= share <= _LARGEST:
            raise InvalidParameterError(
                f"fraction={fraction!r} is no share of the keys.", hint=f"Use {_SMALLEST} to {_LARGEST}, usually 0.2."
            )
        if len(set(keys)) != len(keys):
            raise InvalidParameterError("A key column is named twice.", hint="Name each one once.")
        types = {name: _kind(info, name, key_type) for name in keys}
        return HoldoutRule(kind="key", key=[_column(info, name) for name in keys], fraction=float(share), types=types)
    if fraction is not None:
        raise InvalidParameterError("fraction belongs to a key.", hint="Give key=['customer_id'] with it.")
    if time is not None:
        if since is None:
            raise InvalidParameterError("time needs since.", hint="For example time='day', since='2013-10-01'.")
        kind = _kind(info, time, time_type)
        return HoldoutRule(kind="time", time=_column(info, time), since=canonical_time(since, kind), types={time: kind})
    if column is None or value is None:
        raise InvalidParameterError("column and value go together.", hint="For example column='split', value='test'.")
    kind = _kind(info, column, key_type)
    return HoldoutRule(
        kind="column", column=_column(info, column), value=_value(value, kind, column), types={column: kind}
    )


def _kind(info: TableInfo, name: str, of: Callable[[str], str | None]) -> str:
    column = next(item for item in info.columns if item.name == _column(info, name))
    kind = of(column.type_text)
    if kind is None:
        raise unsupported(name, column.type_text, info.full_name)
    return kind


def _column(info: TableInfo, name: str) -> str:
    names = [item.name for item in info.columns]
    if name not in names:
        raise InvalidParameterError(
            f"Table {info.full_name} has no column {name}.",
            hint=did_you_mean(name, names) or f"Its columns: {', '.join(names[:20])}.",
        )
    return name


def _value(value: Any, kind: str, column: str) -> bool | int | str:
    """Return the value of a column rule in the column's type."""
    try:
        if kind == "integer" and not isinstance(value, bool):
            return int(value)
        if kind == "boolean" and str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        if kind == "date":
            return date.fromisoformat(str(value)).isoformat()
        if kind == "string":
            return str(value)
    except ValueError:
        pass
    raise InvalidParameterError(f"{value!r} is no value of {column}.", hint=f"The column holds {kind}s.")


def _salt(connection: sa.Connection, known: Holdout | None) -> str:
    """Return the workspace's salt: that of its first hold-out, so that a key is on one side in every table."""
    if known is not None and known.rule.salt:
        return known.rule.salt
    query = sa.select(holdouts.c.rule).order_by(holdouts.c.created_at, holdouts.c.id)
    salts = (rule.get("salt") for rule in connection.execute(query).scalars())
    return next((salt for salt in salts if salt), uuid.uuid4().hex[:16])


def _who(name: str) -> str:
    text = str(name).strip()
    if not text:
        raise InvalidParameterError("may_look names nobody.", hint="Write user:NAME, group:NAME or agent:NAME.")
    return text if text.startswith(("user:", "group:", "agent:")) else f"user:{text}"


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


def _quoted(full_name: str) -> str:
    """Return a full name as a name that is parsed: each part in backticks."""
    return ".".join(f"`{part.replace('`', '``')}`" for part in full_name.split("."))
