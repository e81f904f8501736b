"""Rows kept for the final test: declare them, leave them out of everything else, count who looks (``ws.scopes.holdouts``)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.catalog.metastore import securable
from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import (
    InvalidParameterError,
    InvalidStateError,
    NotFoundError,
    PermissionDeniedError,
    did_you_mean,
)
from mlnb.core.origin import SOURCE

from .holdout_declare import named, rule_of, salt_of
from .holdout_guards import active_holdouts, guards_of, holdout_of, with_names
from .holdout_looks import Looks, may_change
from .holdout_reading import Reading, quoted
from .holdout_records import (
    Holdout,
    HoldoutExistsError,
    HoldoutKeyMissingError,
    HoldoutList,
    HoldoutLook,
    HoldoutNotFoundError,
    HoldoutRule,
    HoldoutStatus,
    Purpose,
    ScopeSettings,
    held_out,
)
from .holdout_rule import held
from .tables import holdouts

if TYPE_CHECKING:
    from mlnb.catalog.records import TableInfo
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

    from .records import Scope


class Holdouts(Reading):
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

    def __init__(self, ground: Ground, catalog: Catalog, card: Callable[..., Scope]) -> None:
        super().__init__(ground, catalog)
        self.settings = ground.settings.section("scope", ScopeSettings)
        self._looks = Looks(ground, catalog, self.settings, card)

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
        rule = rule_of(info, keys, fraction, time, since, column, value)
        who = [named(name) for name in ([may_look] if isinstance(may_look, str) else may_look)]
        caller = current_caller().principal
        with self._ground.metastore.begin() as connection:
            # The table's row is locked, so that on a server too nobody declares another rule between asking and storing.
            table_row = sa.select(securable.c.id).where(securable.c.id == info.table_id)
            connection.execute(table_row.with_for_update()).one_or_none()
            known = next((one for one in active_holdouts(connection) if one.table_id == info.table_id), None)
            if rule.kind == "key":
                rule = rule.model_copy(update={"salt": salt if salt is not None else salt_of(connection, known)})
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
                found = with_names(connection, [holdout_of(by_id)])
            elif not active_holdouts(connection):
                return None
            else:
                name = self._catalog.parse(table).full_name
                guards = guards_of(connection, name)
                found = [guard.holdout for guard in guards if not guard.inherited]
        if not found:
            return None
        if self._catalog.exists(quoted(found[0].table_name)):
            self._catalog.require("BROWSE", "table", found[0].table_name)
        return self._filled(found[0])

    def list(self, *, retired: bool = False) -> HoldoutList:
        """Return all hold-outs, by table; with ``retired`` also those of the past."""
        with self._ground.metastore.connect() as connection:
            query = sa.select(holdouts).order_by(holdouts.c.table_name, holdouts.c.created_at)
            found = with_names(connection, [holdout_of(row) for row in connection.execute(query).mappings()])
        return HoldoutList(one for one in found if (retired or one.state != "RETIRED") and self._may_see(one))

    def _may_see(self, holdout: Holdout) -> bool:
        try:
            self._catalog.require("BROWSE", "table", holdout.table_name)
        except (PermissionDeniedError, NotFoundError):
            return self._catalog.rights.administers()
        return True

    def _filled(self, holdout: Holdout) -> Holdout:
        """Add how many rows are held out, as far as it can be counted."""
        name = quoted(holdout.table_name)
        if holdout.state == "RETIRED" or not self._catalog.exists(name):
            return holdout
        try:
            excluded, total = self.counts(name)
        except HoldoutKeyMissingError as error:
            return holdout.model_copy(update={"note": error.message})
        return holdout.model_copy(
            update={"excluded": excluded, "total": total, "note": f"{held_out(excluded, total)}."}
        )

    def held(self, table: str, dialect: str = "spark") -> str:
        """Return the condition that the held-out rows of a table satisfy; the one for Spark is what ``where=`` of the catalog takes."""
        return held(self.get(table).rule, dialect)

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
        """Take one look and return the held-out rows as a pandas frame.

        Raises
        ------
        InvalidStateError
            When the rule holds no row out; no look is counted then.
        """
        holdout = self.get(table)
        if holdout.excluded == 0:
            raise InvalidStateError(
                f"No row of {holdout.table_name} is held out yet ({holdout.rule}); no look was counted.",
                hint="Rows that follow the rule are held out as they come; another rule needs %holdout retire first.",
            )
        look = self.open(holdout.id, reason)
        handle = self._catalog.table(quoted(holdout.table_name), filtered=False)
        frame = handle.to_pandas(where=held(holdout.rule, "spark"))
        frame.attrs[SOURCE] |= {"filtered": False, "look": look.number}
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

    def require_look(self, table: str) -> None:
        """Refuse whoever may not look at the held-out rows of a table; nothing is counted.

        Raises
        ------
        PermissionDeniedError
            When the hold-out names others.
        """
        for guard in self.guards(table):
            self._looks.check(guard.holdout, current_caller(), "explore")

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
