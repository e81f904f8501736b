"""Scope cards by name and version: write, read, sign, and judge facts by them (``ws.scopes``)."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from mlnb.core.caller import Caller, current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidParameterError,
    InvalidStateError,
    MlnbError,
    NotFoundError,
    PermissionDeniedError,
    did_you_mean,
)
from mlnb.core.journal import canonical_json

from .card import ScopeCard, ScopeCardError, parse_card
from .gates import Facts, GateReport, GateResult, judge, make_report
from .holdout import Holdouts
from .records import (
    FieldChange,
    Scope,
    ScopeCards,
    ScopeDiff,
    ScopeSignature,
    ScopeTemplate,
    gate_results,
    scope_signatures,
    scopes,
    signing_roles,
)
from .templates import template

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,99}")


class ScopeNotFoundError(NotFoundError):
    """No card of that name or version."""

    code = "SCOPE_NOT_FOUND"


class ScopeNameTakenError(AlreadyExistsError):
    """A new card was to be written under the name of another."""

    code = "SCOPE_ALREADY_EXISTS"


class ScopeChangedError(ConflictError):
    """Somebody wrote a version meanwhile."""

    code = "SCOPE_CHANGED"


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

    def put(self, name: str, body: str | Mapping[str, Any] | ScopeCard, *, replaces: int | None = None) -> Scope:
        """Write a card. A changed card is a new version without signatures; the same card again changes nothing.

        Parameters
        ----------
        name
            Letters, digits, ``_``, ``-`` and ``.``.
        body
            YAML text, the mapping it stands for, or a card. The caller is the owner if it names none.
        replaces
            The version that the change began with, 0 for a card that is new; nothing is written when another is the newest.

        Raises
        ------
        ScopeCardError
            Naming the wrong fields.
        ScopeChangedError, ScopeNameTakenError
            If another version is the newest than the one that is to be replaced.
        """
        if not _NAME.fullmatch(name):
            raise InvalidParameterError(
                f"{name!r} cannot name a scope card.",
                hint="Use letters, digits, _, - and ., at most 100, e.g. late_flights.",
            )
        caller = current_caller().principal
        card = parse_card(body)
        _check_queries(card)
        if card.owner is None:
            card = card.model_copy(update={"owner": f"user:{caller}"})
        notes = self._target_notes(card)
        stored = card.model_dump(mode="json")
        sha256 = hashlib.sha256(canonical_json(stored).encode()).hexdigest()
        with self._ground.metastore.begin() as connection:
            newest = connection.execute(_newest(name)).first()
            _check_replaces(name, newest, replaces)
            if newest is None or newest.state == "RETIRED" or not _same(newest, card, sha256):
                version = 1 if newest is None else newest.version + 1
                row = {"name": name, "version": version, "state": "DRAFT", "body": stored, "sha256": sha256}
                connection.execute(scopes.insert().values(**row, created_by=caller, created_at=now_ms()))
                self._ground.journal.append("scope.changed", f"scope:{name}", {"version": version, "sha256": sha256})
            notes += self._declare(name, card)
        found = self.get(name)
        return found.model_copy(update={"notes": [*found.notes, *notes]})

    def _declare(self, name: str, card: ScopeCard) -> tuple[str, ...]:
        """Hold out the rows that the card asks for; a table that is still to come is told about."""
        if card.holdout is None or card.target is None:
            return ()
        if not self._catalog.exists(card.target.table):
            return ("Its hold-out begins when the table is there and the card is written again.",)
        self.holdouts.ensure(card.target.table, scope=name, **card.holdout.model_dump())
        return ()

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
        if decision not in ("approve", "reject"):
            raise InvalidParameterError(f"{decision!r} is no decision.", hint="Use approve or reject.")
        with self._ground.metastore.begin() as connection:
            scope = self.get(name)
            caller = _signer(scope, role)
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

    def retire(self, name: str, reason: str = "") -> Scope:
        """Retire a card: nothing passes its gates from now on. Whoever may sign it may; writing it again brings it back, unsigned.

        Raises
        ------
        PermissionDeniedError
            For everybody whom the card does not name.
        """
        with self._ground.metastore.begin() as connection:
            scope = self.get(name)
            if scope.state == "RETIRED":
                return scope
            _signer(scope, None)
            where = (scopes.c.name == name, scopes.c.version == scope.version)
            connection.execute(scopes.update().where(*where).values(state="RETIRED"))
            payload = {"version": scope.version, "reason": reason}
            self._ground.journal.append("scope.retired", f"scope:{name}", payload)
        return self.get(name)

    def diff(self, name: str, before: int | None = None, after: int | None = None) -> ScopeDiff:
        """Return what differs between two versions of a card: the newest and the one before it by default."""
        new = self.get(name, after)
        old = self.get(name, before if before is not None else max(new.version - 1, 1))
        left, right = _flat(old.card.body()), _flat(new.card.body())
        changes = [
            FieldChange(field=field, before=left.get(field), after=right.get(field))
            for field in dict.fromkeys([*right, *left])
            if left.get(field) != right.get(field)
        ]
        return ScopeDiff(name=name, before=old.version, after=new.version, changes=changes)

    def template(self, problem: str) -> ScopeTemplate:
        """Return a card to begin with for a class of problems, as commented YAML and as plain values."""
        return template(problem)

    def check(self, name: str | None, facts: Facts) -> GateReport:
        """Judge facts by the newest version of a card; without a name only by what holds for every model."""
        if name is None:
            return judge(None, facts)
        scope = self.get(name)
        report = judge(scope.card, facts, leakage_gate=self.holdouts.settings.leakage_gate)
        if scope.state == "RETIRED":
            report = make_report([_retired(scope), *report.results])
        return report.model_copy(update={"scope_name": scope.name, "scope_version": scope.version})

    def without_card(self, facts: Facts, model: str | None = None) -> GateReport:
        """Judge a model that no card speaks of: by what holds for every model, and by what the setting ``require`` says of that.

        Parameters
        ----------
        model
            Its name, for the hint.
        """
        report = judge(None, facts)
        how = self.holdouts.settings.require
        if how == "off":
            return report
        missing = GateResult(
            gate="scope",
            status="unknown" if how == "block" else "waived",
            required="a scope card",
            message="No scope card says what this model is for.",
            hint=f"Write one with %%scope NAME and train with %%mlrun --scope NAME{f', then register {model} again' if model else ''}.",
        )
        return make_report([missing, *report.results])

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


def _check_replaces(name: str, newest: Any, replaces: int | None) -> None:
    """Refuse to write over what the writer has not seen; a retired card's name is free."""
    found = 0 if newest is None else newest.version
    if replaces is None or replaces == found or (replaces == 0 and newest.state == "RETIRED"):
        return
    if replaces == 0:
        raise ScopeNameTakenError(
            f"There is a scope card {name} already.",
            hint="Open it and change it, or choose another name.",
        )
    raise ScopeChangedError(
        f"Scope card {name} is at version {found}, not {replaces}: somebody wrote it meanwhile.",
        hint=f"Look at what changed with `mlnb scope diff {name}`, and write yours again.",
    )


def _check_queries(card: ScopeCard) -> None:
    """Refuse business metrics whose SQL is no single query: judging a model must change nothing."""
    from mlnb.catalog.sql.parse import parse

    for position, goal in enumerate(card.metrics):
        if goal.sql is not None:
            try:
                kind = parse(goal.sql).kind
            except MlnbError as error:
                raise ScopeCardError(f"metrics[{position}].sql is no SQL: {error.message}", hint=error.hint) from None
            if kind != "SELECT":
                raise ScopeCardError(
                    f"metrics[{position}].sql is no query: {kind.replace('_', ' ')} changes something.",
                    hint="Write one SELECT whose first value is the metric.",
                )


def _same(row: Any, card: ScopeCard, sha256: str) -> bool:
    """Return whether a stored version is this card; one of before a field was added has another hash for the same card."""
    return bool(row.sha256 == sha256 or ScopeCard.model_validate_json(canonical_json(row.body)) == card)


def _signer(scope: Scope, role: str | None) -> Caller:
    """Return the caller if the card names them for a role (None: for any)."""
    caller = current_caller()
    roles = signing_roles(scope.card)
    if scope.state == "RETIRED":
        raise InvalidStateError(
            f"Scope card {scope.name} was retired.", hint=f"Write it again to bring it back: %%scope {scope.name}."
        )
    if role is not None and role not in roles:
        raise InvalidParameterError(
            f"Scope card {scope.name} has no role {role!r}.", hint=f"Its roles: {', '.join(roles)}."
        )
    who = roles[role] if role is not None else sorted({name for names in roles.values() for name in names})
    if not is_named(caller, who) or caller.agent is not None:
        what = f"sign {scope.name} as {role}" if role is not None else f"retire {scope.name}"
        raise PermissionDeniedError(
            f"{f'The assistant {caller.agent}' if caller.agent else caller.principal} may not {what}.",
            hint=f"The card names: {', '.join(who)}.",
        )
    return caller


def _retired(scope: Scope) -> GateResult:
    return GateResult(
        gate="scope",
        status="fail",
        observed="retired",
        required="a card in force",
        message=f"Scope card {scope.name} was retired.",
        hint=f"Write it again, or register the model under another card: %%scope {scope.name}.",
    )


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return the values of a card by their paths; a list of plain values is one value, metrics and roles go by their names."""
    if isinstance(value, dict):
        return {
            key: found
            for name, item in value.items()
            for key, found in _flat(item, f"{path}.{name}" if path else name).items()
        }
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        named = [str(item.get("name") or item.get("role") or position) for position, item in enumerate(value)]
        return {
            key: found
            for label, item in zip(named, value, strict=True)
            for key, found in _flat(item, f"{path}[{label}]").items()
        }
    return {path: value}


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
    card = ScopeCard.model_validate_json(canonical_json(row["body"]))
    notes = [f"It was to be reviewed by {card.review_by}."] if card.review_by and card.review_by < date.today() else []
    return Scope(**values, card=card, signatures=signatures, notes=notes)
