"""Looks at held-out rows: counted, attributed, limited. Two processes that ask for the last one get one look and one refusal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mlnb.core.caller import Caller, current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, InvalidStateError, PermissionDeniedError

from .holdout_records import ActorKind, Holdout, HoldoutLook, HoldoutSpentError, Purpose, ScopeSettings
from .tables import holdout_looks, holdouts

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

    from .records import Scope


class Looks:
    """Takes and remembers looks.

    Parameters
    ----------
    card
        Returns a scope card, whose signers may allow more looks.
    """

    def __init__(self, ground: Ground, catalog: Catalog, settings: ScopeSettings, card: Callable[..., Scope]) -> None:
        self._ground = ground
        self._catalog = catalog
        self._settings = settings
        self.card = card

    def take(
        self,
        holdout: Holdout,
        *,
        purpose: Purpose,
        reason: str | None = None,
        model_digest: str | None = None,
        metric_set: str = "",
        run_id: str | None = None,
    ) -> HoldoutLook:
        """Take a look, or return the one taken at the same model and metrics before.

        Raises
        ------
        HoldoutSpentError, PermissionDeniedError
            And no look is counted.
        """
        if self._catalog.isolation is not None:
            return self._seen_before(holdout, purpose, metric_set)
        caller = current_caller()
        self.check(holdout, caller, purpose)
        look = HoldoutLook(
            id=uuid.uuid4().hex,
            holdout_id=holdout.id,
            table_name=holdout.table_name,
            number=0,
            model_digest=model_digest or f"{purpose}:{uuid.uuid4().hex}",
            metric_set=metric_set,
            run_id=run_id,
            purpose=purpose,
            reason=reason,
            actor=caller.principal,
            actor_kind=actor_kind(caller),
            at=now_ms(),
        )
        with self._ground.metastore.begin() as connection:
            # The row is locked first, so that on a server too nobody comes between asking and counting.
            row = connection.execute(sa.select(holdouts).where(holdouts.c.id == holdout.id).with_for_update()).one()
            before = self._before(connection, holdout, look.model_digest, look.metric_set)
            if before is not None:
                return _look(before, holdout.table_name, row.looks_allowed, repeated=True)
            if row.state == "RETIRED":
                raise InvalidStateError(f"The rows of {holdout.table_name} are held out no longer.")
            if row.looks_used >= row.looks_allowed:
                raise HoldoutSpentError(
                    f"All {row.looks_allowed} looks at the held-out rows of {holdout.table_name} have been taken.",
                    hint="Whoever signs the scope card may allow more, with a reason: "
                    f"ws.scopes.holdouts.renew({holdout.table_name!r}, looks, reason). Numbers chosen among many looks are optimistic.",
                )
            return self._count(connection, look, row.looks_used + 1, row.looks_allowed)

    def taken(self, holdout: Holdout, model_digest: str, metric_set: str) -> HoldoutLook | None:
        """Return the look taken at a model before; to be asked by whoever may look."""
        if self._catalog.isolation is not None:
            return self._seen_before(holdout, "evaluate", metric_set)
        self.check(holdout, current_caller(), "evaluate")
        with self._ground.metastore.connect() as connection:
            row = self._before(connection, holdout, model_digest, metric_set)
        return _look(row, holdout.table_name, holdout.looks_allowed, repeated=True) if row is not None else None

    def _seen_before(self, holdout: Holdout, purpose: Purpose, metric_set: str) -> HoldoutLook:
        """Return the look that the run took which this process repeats: a replay takes none.

        Raises
        ------
        InvalidStateError
            When that run took none.
        """
        isolation = self._catalog.isolation
        query = sa.select(holdout_looks).where(
            holdout_looks.c.holdout_id == holdout.id,
            holdout_looks.c.run_id == (isolation.repeats if isolation is not None else None),
            holdout_looks.c.purpose == purpose,
            holdout_looks.c.metric_set == metric_set,
        )
        with self._ground.metastore.connect() as connection:
            row = connection.execute(query.order_by(holdout_looks.c.number)).mappings().first()
        if row is None:
            raise InvalidStateError(
                f"The run that is repeated did not look at the held-out rows of {holdout.table_name}, and a replay takes no looks.",
                hint="Run the notebook itself to look.",
            )
        return _look(row, holdout.table_name, holdout.looks_allowed, repeated=True)

    @staticmethod
    def _before(
        connection: sa.Connection, holdout: Holdout, model_digest: str, metric_set: str
    ) -> sa.RowMapping | None:
        query = sa.select(holdout_looks).where(
            holdout_looks.c.holdout_id == holdout.id,
            holdout_looks.c.model_digest == model_digest,
            holdout_looks.c.metric_set == metric_set,
        )
        return connection.execute(query).mappings().first()

    def _count(self, connection: sa.Connection, look: HoldoutLook, number: int, allowed: int) -> HoldoutLook:
        look = look.model_copy(update={"number": number, "allowed": allowed})
        connection.execute(
            holdout_looks.insert().values(look.model_dump(exclude={"table_name", "allowed", "repeated"}))
        )
        state = "SPENT" if number >= allowed else "ACTIVE"
        connection.execute(
            holdouts.update().where(holdouts.c.id == look.holdout_id).values(looks_used=number, state=state)
        )
        subject = f"table:{look.table_name}"
        payload = {"look": number, "allowed": allowed, "purpose": look.purpose, "reason": look.reason}
        payload |= {"run_id": look.run_id, "actor_kind": look.actor_kind}
        self._ground.journal.append("holdout.looked", subject, payload)
        if state == "SPENT":
            self._ground.journal.append("holdout.spent", subject, {"looks": allowed})
        return look

    def check(self, holdout: Holdout, caller: Caller, purpose: Purpose) -> None:
        """Refuse who may not look. What a run received has been seen already: that is counted, whoever it was."""
        if purpose == "training":
            return
        self._catalog.require("SELECT", "table", holdout.table_name)
        named = set(holdout.may_look)
        if caller.agent is not None:
            if f"agent:{caller.agent}" in named or self._settings.agents_may_look:
                return
            raise PermissionDeniedError(
                f"The assistant {caller.agent} may not look at the held-out rows of {holdout.table_name}.",
                hint=f"A person can look, or name it when the hold-out is declared: agent:{caller.agent}.",
            )
        people = {f"user:{caller.principal}", "user:*", *(f"group:{group}" for group in caller.groups)}
        if named and not named & people:
            raise PermissionDeniedError(
                f"{caller.principal} may not look at the held-out rows of {holdout.table_name}.",
                hint=f"It names who may: {', '.join(sorted(named))}.",
            )

    def keep(self, look: HoldoutLook, metrics: dict[str, float]) -> None:
        """Store what a look showed."""
        with self._ground.metastore.begin() as connection:
            connection.execute(holdout_looks.update().where(holdout_looks.c.id == look.id).values(metrics=metrics))

    def of(self, holdout: Holdout) -> Sequence[HoldoutLook]:
        """Return the looks at a hold-out, oldest first."""
        query = (
            sa.select(holdout_looks).where(holdout_looks.c.holdout_id == holdout.id).order_by(holdout_looks.c.number)
        )
        with self._ground.metastore.connect() as connection:
            return [
                _look(row, holdout.table_name, holdout.looks_allowed)
                for row in connection.execute(query).mappings().all()
            ]

    def renew(self, holdout: Holdout, looks: int, reason: str) -> None:
        """Allow more looks."""
        if isinstance(looks, bool) or not isinstance(looks, int) or not 1 <= looks <= 1000:
            raise InvalidParameterError(f"{looks!r} is no number of looks.", hint="Allow 1 to 1000 more.")
        if not reason.strip():
            raise InvalidParameterError("Renewing needs a reason.", hint="Say why more looks do not spoil the test.")
        if holdout.state == "RETIRED":
            raise InvalidStateError(
                f"The hold-out of {holdout.table_name} was retired.", hint="Declare a new one on new rows."
            )
        may_change(self._catalog, self.card, holdout, "renew")
        with self._ground.metastore.begin() as connection:
            changes = {"looks_allowed": holdouts.c.looks_allowed + looks, "state": "ACTIVE"}
            still = (holdouts.c.id == holdout.id, holdouts.c.state != "RETIRED")
            if not connection.execute(holdouts.update().where(*still).values(changes)).rowcount:
                raise InvalidStateError(f"The hold-out of {holdout.table_name} was retired meanwhile.")
            payload = {"id": holdout.id, "looks": looks, "reason": reason.strip()}
            self._ground.journal.append("holdout.renewed", f"table:{holdout.table_name}", payload)


def may_change(catalog: Catalog, card: Callable[..., Scope], holdout: Holdout, what: str) -> None:
    """Refuse whoever may not decide about a hold-out: with a card its signers may, else who may manage the table."""
    from .records import signing_roles

    caller = current_caller()
    if caller.agent is not None:
        raise PermissionDeniedError(
            f"An assistant may not {what} a hold-out.", hint="A person who signs its scope card can."
        )
    if holdout.scope_name is None:
        catalog.require("MANAGE", "table", holdout.table_name)
        return
    newest = card(holdout.scope_name)
    named = {name for who in signing_roles(newest.card).values() for name in who}
    people = {f"user:{caller.principal}", "user:*", *(f"group:{group}" for group in caller.groups)}
    if not named & people:
        raise PermissionDeniedError(
            f"{caller.principal} may not {what} the hold-out of {holdout.table_name}.",
            hint=f"Those who sign scope card {holdout.scope_name} may: {', '.join(sorted(named)) or 'nobody is named'}.",
        )
    # Anybody may write a new version of a card, and name themselves in it: that alone gives nobody the decision.
    first = newest
    while first.created_at > holdout.created_at and first.version > 1:
        first = card(holdout.scope_name, first.version - 1)
    if not people & {name for who in signing_roles(first.card).values() for name in who}:
        catalog.require("MANAGE", "table", holdout.table_name)


def actor_kind(caller: Caller) -> ActorKind:
    """Return what kind of actor a caller is."""
    if caller.agent is not None:
        return "agent"
    return "job" if caller.source == "job" or caller.job_run_id else "user"


def _look(row: sa.RowMapping, table_name: str, allowed: int, *, repeated: bool = False) -> HoldoutLook:
    return HoldoutLook(**row, table_name=table_name, allowed=allowed, repeated=repeated)
