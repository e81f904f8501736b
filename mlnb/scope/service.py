"""Scope cards by name and version: write, read, sign, and judge facts by them (``ws.scopes``)."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from mlnb.core.caller import Caller, current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError, NotFoundError, PermissionDeniedError, did_you_mean
from mlnb.core.journal import canonical_json

from .card import ScopeCard, ScopeCardError, parse_card
from .gates import Facts, GateReport, judge
from .holdout import Holdouts
from .records import Scope, ScopeCards, ScopeSignature, gate_results, scope_signatures, scopes, signing_roles

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,99}")


class ScopeNotFoundError(NotFoundError):
    """No card of that name or version."""

    code = "SCOPE_NOT_FOUND"


class Scopes:
    """The workspace's scope cards.

    Parameters
    ----------
    ground
        The workspace's stores.
    catalog
        Asked whether the target that a card names exists.
    """

    def __init__(self, ground: Ground, catalog: Catalog) -> None:
        self._ground = ground
        self._catalog = catalog
        #: Rows kept for the final test.
        self.holdouts = Holdouts(ground, catalog, self.get)

    def put(self, name: str, body: str | Mapping[str, Any] | ScopeCard) -> Scope:
        """Write a card. A changed card is a new version without signatures; the same card again changes nothing.

        Parameters
        ----------
        name
            Letters, digits, ``_``, ``-`` and ``.``.
        body
            YAML text, the mapping it stands for, or a card. The caller is the owner if it names none.

        Raises
        ------
        ScopeCardError
            Naming the wrong fields.
        """
        if not _NAME.fullmatch(name):
            raise InvalidParameterError(
                f"{name!r} cannot name a scope card.",
                hint="Use letters, digits, _, - and ., at most 100, e.g. late_flights.",
            )
        caller = current_caller().principal
        card = parse_card(body)
        if card.owner is None:
            card = card.model_copy(update={"owner": f"user:{caller}"})
        notes = self._target_notes(card)
        stored = card.model_dump(mode="json")
        sha256 = hashlib.sha256(canonical_json(stored).encode()).hexdigest()
        with self._ground.metastore.begin() as connection:
            newest = connection.execute(_newest(name)).first()
            if newest is None or newest.sha256 != sha256:
                version = 1 if newest is None else newest.version + 1
                row = {"name": name, "version": version, "state": "DRAFT", "body": stored, "sha256": sha256}
                connection.execute(scopes.insert().values(**row, created_by=caller, created_at=now_ms()))
                self._ground.journal.append("scope.changed", f"scope:{name}", {"version": version, "sha256": sha256})
        return self.get(name).model_copy(update={"notes": [*notes]})

    def get(self, name: str, version: int | None = None) -> Scope:
        """Return a card, its newest version by default.

        Raises
        ------
        ScopeNotFoundError
            With the nearest names as hint.
        """
        query = (
            _newest(name)
            if version is None
            else sa.select(scopes).where(scopes.c.name == name, scopes.c.version == version)
        )
        with self._ground.metastore.connect() as connection:
            row = connection.execute(query).mappings().first()
            if row is not None:
                return _scope(connection, row)
            names = connection.execute(sa.select(scopes.c.name).distinct()).scalars().all()
        if version is not None and name in names:
            raise ScopeNotFoundError(
                f"Scope card {name} has no version {version}.", hint=f"%scope {name} --history lists them."
            )
        raise ScopeNotFoundError(
            f"There is no scope card {name}.", hint=did_you_mean(name, names) or f"Write one with %%scope {name}."
        )

    def list(self) -> ScopeCards:
        """Return the newest version of every card, by name."""
        with self._ground.metastore.connect() as connection:
            newest = (
                sa.select(scopes.c.name, sa.func.max(scopes.c.version).label("version"))
                .group_by(scopes.c.name)
                .subquery()
            )
            query = sa.select(scopes).join(
                newest, (scopes.c.name == newest.c.name) & (scopes.c.version == newest.c.version)
            )
            rows = connection.execute(query.order_by(scopes.c.name)).mappings().all()
            return ScopeCards(_scope(connection, row) for row in rows)

    def history(self, name: str) -> ScopeCards:
        """Return all versions of a card, newest first."""
        self.get(name)
        with self._ground.metastore.connect() as connection:
            query = sa.select(scopes).where(scopes.c.name == name).order_by(scopes.c.version.desc())
            return ScopeCards(_scope(connection, row) for row in connection.execute(query).mappings().all())

    def sign(
        self, name: str, role: str, decision: Literal["approve", "reject"] = "approve", comment: str = ""
    ) -> Scope:
        """Sign the newest version of a card in a role; it is ``AGREED`` once every role approved.

        Raises
        ------
        PermissionDeniedError
            When the card does not name the caller for the role.
        """
        caller = current_caller()
        if decision not in ("approve", "reject"):
            raise InvalidParameterError(f"{decision!r} is no decision.", hint="Use approve or reject.")
        with self._ground.metastore.begin() as connection:
            scope = self.get(name)
            roles = signing_roles(scope.card)
            if role not in roles:
                raise InvalidParameterError(
                    f"Scope card {name} has no role {role!r}.", hint=f"Its roles: {', '.join(roles)}."
                )
            if not is_named(caller, roles[role]):
                raise PermissionDeniedError(
                    f"{caller.principal} may not sign {name} as {role}.",
                    hint=f"The card names: {', '.join(roles[role])}.",
                )
            row = {"name": name, "version": scope.version, "role": role, "principal": caller.principal}
            row |= {"decision": decision, "comment": comment, "at": now_ms()}
            self._ground.metastore.upsert(connection, scope_signatures, row, ["name", "version", "role", "principal"])
            payload = {"version": scope.version, "role": role, "decision": decision, "comment": comment}
            self._ground.journal.append("scope.signed", f"scope:{name}", payload)
            self._agree(connection, self.get(name))
        return self.get(name)

    def _agree(self, connection: sa.Connection, scope: Scope) -> None:
        """Set the state that follows from the signatures."""
        rejected = any(item.decision == "reject" for item in scope.signatures)
        state = "DRAFT" if scope.missing_roles or rejected else "AGREED"
        if state == scope.state:
            return
        where = (scopes.c.name == scope.name, scopes.c.version == scope.version)
        connection.execute(scopes.update().where(*where).values(state=state))
        if state == "AGREED":
            self._ground.journal.append("scope.agreed", f"scope:{scope.name}", {"version": scope.version})

    def check(self, name: str | None, facts: Facts) -> GateReport:
        """Judge facts by the newest version of a card; without a name only by what holds for every model."""
        if name is None:
            return judge(None, facts)
        scope = self.get(name)
        return judge(scope.card, facts).model_copy(update={"scope_name": scope.name, "scope_version": scope.version})

    def record(self, subject: str, report: GateReport) -> None:
        """Keep the verdicts that a decision about ``subject`` rested on, and journal them, in the open transaction."""
        caller, now = current_caller().principal, now_ms()
        rows = [
            result.model_dump(include={"gate", "status", "required", "observed", "evidence", "message"})
            | {"id": str(uuid.uuid4()), "subject": subject, "created_by": caller, "created_at": now}
            | {"scope_name": report.scope_name, "scope_version": report.scope_version}
            for result in report.results
        ]
        with self._ground.metastore.begin() as connection:
            if rows:
                connection.execute(gate_results.insert(), rows)
            payload = {"passed": report.passed, "blocking": [result.gate for result in report.blocking]}
            payload |= {"scope": report.scope_name, "scope_version": report.scope_version}
            self._ground.journal.append("gate.evaluated", subject, payload)

    def _target_notes(self, card: ScopeCard) -> tuple[str, ...]:
        """Return a note when the target table is still to come; refuse a column that the table does not have."""
        target = card.target
        if target is None:
            return ()
        if not self._catalog.exists(target.table):
            return (f"Table {target.table} does not exist yet.",)
        columns = [column.name for column in self._catalog.info(target.table).columns]
        for key in ("column", "event_time"):
            wanted = getattr(target, key)
            if wanted is not None and wanted not in columns:
                raise ScopeCardError(
                    f"Table {target.table} has no column {wanted} (target.{key}).",
                    hint=did_you_mean(wanted, columns) or f"Its columns: {', '.join(columns[:20])}.",
                )
        return ()


def is_named(caller: Caller, who: list[str]) -> bool:
    """Return whether a list of ``user:NAME`` and ``group:NAME`` names the caller; ``user:*`` names everybody."""
    names = {f"user:{caller.principal}", "user:*", *(f"group:{group}" for group in caller.groups)}
    return bool(names.intersection(who))


def _newest(name: str) -> sa.Select[Any]:
    return sa.select(scopes).where(scopes.c.name == name).order_by(scopes.c.version.desc()).limit(1)


def _scope(connection: sa.Connection, row: sa.RowMapping) -> Scope:
    query = (
        sa.select(scope_signatures)
        .where(scope_signatures.c.name == row["name"], scope_signatures.c.version == row["version"])
        .order_by(scope_signatures.c.at)
    )
    signatures = [
        ScopeSignature(**{key: value for key, value in item.items() if key not in ("name", "version")})
        for item in connection.execute(query).mappings()
    ]
    values = {key: row[key] for key in ("name", "version", "state", "sha256", "created_by", "created_at")}
    return Scope(**values, card=ScopeCard.model_validate_json(canonical_json(row["body"])), signatures=signatures)
