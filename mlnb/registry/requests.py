"""Requests and decisions: ask for a protected alias, approve, reject, cancel.

At most one open request per version, target and person. A decision is about the version and target, so it closes the requests of
everybody who asked for the same. Each role of the scope card needs one approval; the last one moves the alias, as one operation.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import AlreadyExistsError, InvalidStateError, PermissionDeniedError
from mlnb.scope.gates import GateReport

from .gates import refuse_if_blocked
from .names import subject
from .policy import check_approver, missing_roles
from .records import Approval, ModelPolicy, RequestState, Transition, TransitionRequest, TransitionRequests
from .tables import approvals, requests

if TYPE_CHECKING:
    from mlnb.core.ground import Ground
    from mlnb.scope.service import Scopes

    from .gates import Gates
    from .lookup import Found
    from .operations import Operation, Operations


class RequestExistsError(AlreadyExistsError):
    """The same person has asked for the same already."""


class NoOpenRequestError(InvalidStateError):
    """There is nothing to decide about."""

    code = "NO_OPEN_REQUEST"


class Requests:
    """The registry's requests and approvals.

    Parameters
    ----------
    ground, operations, gates, scopes
        The registry's parts.
    """

    def __init__(self, ground: Ground, operations: Operations, gates: Gates, scopes: Scopes) -> None:
        self._ground = ground
        self._operations = operations
        self._gates = gates
        self._scopes = scopes
        operations.finishers["alias"] = self._close_by_operation
        operations.undoers["alias"] = self._undo_approval

    def create(self, found: Found, target: str, policy: ModelPolicy, comment: str | None) -> TransitionRequest:
        """Ask for a version to be moved to ``target``.

        Raises
        ------
        RequestExistsError
            With the id of the caller's open request for the same.
        InvalidStateError
            When the version is there already.
        """
        version, creator = found.version.version, current_caller().principal
        if found.model.aliases.get(target.removeprefix("@")) == version:
            raise InvalidStateError(
                f"{found.name} version {version} is {target} already.", hint="There is nothing to ask for."
            )
        row = {"id": str(uuid.uuid4()), "name": found.name, "version": version, "kind": "alias", "target": target}
        row |= {"creator": creator, "comment": comment, "created_ms": now_ms(), "state": "open"}
        with self._ground.metastore.begin() as connection:
            same = next((r for r in _open(connection, found.name, version, target) if r["creator"] == creator), None)
            if same is not None:
                raise RequestExistsError(
                    f"{creator} has asked for {found.name} version {version} to become {target} already (request {same['id']}).",
                    hint="Wait for the decision, or cancel that request first.",
                    details={"request_id": same["id"]},
                )
            connection.execute(requests.insert().values(row))
            payload = {"request_id": row["id"], "version": version, "to": target, "comment": comment}
            self._journal("transition_request.created", found.name, version, payload)
        return self.list(found.name, version, target=target, creator=creator, policy=policy)[0]

    def approve(
        self, found: Found, target: str, policy: ModelPolicy, authors: Sequence[str], comment: str | None
    ) -> Approval:
        """Approve what is open for this version and target; the last role's approval moves the alias.

        Raises
        ------
        NoOpenRequestError
            When nobody asked.
        PermissionDeniedError
            When the caller may not, by the card's roles or by four eyes.
        GateError
            When a gate blocks; nothing is recorded then.
        """
        name, version, caller = found.name, found.version.version, current_caller()
        with self._ground.metastore.connect() as connection:
            waiting = self._waiting(connection, name, version, target)
        check_approver(caller, policy, target, requesters=[r["creator"] for r in waiting], authors=authors)
        report = self._gates.judge_version(found, target, policy, None)
        refuse_if_blocked(report, name, version, target)
        with self._ground.metastore.begin() as connection:
            waiting = self._waiting(connection, name, version, target)
            # Asked again under the lock: somebody may have joined the request meanwhile, the caller too.
            roles = check_approver(caller, policy, target, requesters=[r["creator"] for r in waiting], authors=authors)
            ids = [r["id"] for r in waiting]
            self._record(connection, ids, roles, comment)
            approved = _approved(connection, ids)
            missing = missing_roles(policy, target, approved)
            self._scopes.record(subject(name, version), report)
            operation = None
            if missing:
                payload = {"version": version, "to": target, "comment": comment, "roles": roles, "missing": missing}
                self._journal("transition_request.approved", name, version, payload)
            else:
                args = alias_args(found, target, comment) | {
                    "request_ids": ids,
                    "approver": caller.principal,
                    "roles": roles,
                }
                operation = self._operations.start("alias", name, version, args)
        decision = Approval(
            name=name,
            version=version,
            to=target,
            decision="approved",
            actor=caller.principal,
            comment=comment,
            roles=roles,
            missing_roles=missing,
            gates=report,
        )
        if operation is None:
            return decision
        transition = self.move(operation, found, target, report)
        return decision.model_copy(update={"applied": True, "transition": transition})

    def move(self, operation: Operation, found: Found, target: str, report: GateReport | None) -> Transition:
        """Carry out the operation that moves an alias."""
        _, event = self._operations.carry_out(operation)
        previous = operation.args.get("previous")
        return Transition(
            name=found.name, version=found.version.version, to=target, previous=previous, event_id=event, gates=report
        )

    def reject(self, found: Found, target: str, policy: ModelPolicy, comment: str | None) -> Approval:
        """Reject what is open for this version and target; on a protected target only those who may approve can."""
        caller = current_caller()
        check_approver(caller, policy.model_copy(update={"four_eyes": False}), target, requesters=(), authors=())
        return self._close(found, target, "rejected", comment)

    def cancel(self, found: Found, target: str, creator: str | None, comment: str | None) -> Approval:
        """Take back one's own request."""
        mine = current_caller().principal
        if creator not in (None, mine):
            raise PermissionDeniedError(
                f"{mine} may not cancel a request of {creator}.",
                hint="Only who asked can cancel; approvers can reject.",
            )
        return self._close(found, target, "cancelled", comment, creator=mine)

    def _close(
        self, found: Found, target: str, state: RequestState, comment: str | None, creator: str | None = None
    ) -> Approval:
        name, version, actor = found.name, found.version.version, current_caller().principal
        assert state in ("rejected", "cancelled")
        with self._ground.metastore.begin() as connection:
            waiting = self._waiting(connection, name, version, target, creator)
            ids = [r["id"] for r in waiting]
            _set_state(connection, ids, state, actor)
            payload = {"request_ids": ids, "version": version, "to": target, "comment": comment}
            self._journal(f"transition_request.{state}", name, version, payload)
        return Approval(name=name, version=version, to=target, decision=state, actor=actor, comment=comment)

    def list(
        self,
        name: str | None = None,
        version: int | None = None,
        *,
        target: str | None = None,
        creator: str | None = None,
        state: str | None = "open",
        policy: ModelPolicy | None = None,
    ) -> TransitionRequests:
        """Return requests, newest first; ``policy`` says which roles are still missing."""
        query = sa.select(requests).order_by(requests.c.created_ms.desc(), requests.c.id)
        wanted = {"name": name, "version": version, "target": target, "creator": creator, "state": state}
        for key, value in wanted.items():
            if value is not None:
                query = query.where(requests.c[key] == value)
        with self._ground.metastore.connect() as connection:
            rows = connection.execute(query).mappings().all()
            return TransitionRequests(
                _request(row, _approved_by(connection, row["id"]), _approved(connection, [row["id"]]), policy)
                for row in rows
            )

    def open_counts(self) -> dict[str, int]:
        """Return model → how many requests wait."""
        query = sa.select(requests.c.name, sa.func.count()).where(requests.c.state == "open").group_by(requests.c.name)
        with self._ground.metastore.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def approved(self, name: str, version: int, target: str) -> dict[str, str]:
        """Return role → approver of what is open, or of the newest request that was approved."""
        with self._ground.metastore.connect() as connection:
            ids = [row["id"] for row in _open(connection, name, version, target)]
            if not ids:
                query = (
                    sa.select(requests.c.id)
                    .where(requests.c.name == name, requests.c.version == version, requests.c.target == target)
                    .where(requests.c.state == "approved")
                    .order_by(requests.c.closed_ms.desc())
                    .limit(1)
                )
                ids = [str(item) for item in connection.execute(query).scalars()]
            return _approved(connection, ids)

    def settle_outside(self, name: str, version: int, target: str, event: int) -> bool:
        """Close what was open for a move that somebody made in MLflow directly; return whether there was something."""
        with self._ground.metastore.begin() as connection:
            ids = [row["id"] for row in _open(connection, name, version, target)]
            if ids:
                _set_state(connection, ids, "approved", "mlflow")
                payload = {
                    "request_ids": ids,
                    "version": version,
                    "to": target,
                    "comment": "applied outside the workflow",
                    "event": event,
                }
                self._journal("transition_request.approved", name, version, payload | {"observed": True}, "mlflow")
        return bool(ids)

    def drop(self, name: str, version: int | None) -> None:
        """Cancel what is open for a version (or a whole model) that no longer exists."""
        query = requests.update().where(requests.c.name == name, requests.c.state == "open")
        if version is not None:
            query = query.where(requests.c.version == version)
        with self._ground.metastore.begin() as connection:
            connection.execute(query.values(state="cancelled", closed_by="mlflow", closed_ms=now_ms()))

    def _waiting(
        self, connection: sa.Connection, name: str, version: int, target: str, creator: str | None = None
    ) -> Sequence[sa.RowMapping]:
        rows = [row for row in _open(connection, name, version, target) if creator in (None, row["creator"])]
        if not rows:
            raise NoOpenRequestError(
                f"Nobody{'' if creator is None else ' called ' + creator} asks for {name} version {version} to become {target}.",
                hint=f"Ask for it: %promote {name} {version} --to {target} --request.",
            )
        return rows

    def _record(self, connection: sa.Connection, ids: Sequence[str], roles: Sequence[str], comment: str | None) -> None:
        approver, now = current_caller().principal, now_ms()
        for request_id in ids:
            row = {"request_id": request_id, "approver": approver, "decision": "approved", "roles": list(roles)}
            self._ground.metastore.upsert(
                connection, approvals, row | {"comment": comment, "time_ms": now}, ["request_id", "approver"]
            )

    def _close_by_operation(self, operation: Operation, event: int) -> None:
        """Finish the requests that the moved alias answers; part of the operation's last transaction."""
        ids, target = operation.args.get("request_ids") or [], f"@{operation.args['alias']}"
        if not ids:
            return
        with self._ground.metastore.begin() as connection:
            _set_state(connection, ids, "approved", operation.actor)
        payload = {
            "request_ids": ids,
            "version": operation.version,
            "to": target,
            "comment": operation.args.get("comment"),
        }
        payload |= {"roles": operation.args.get("roles"), "event": event}
        self._journal("transition_request.approved", operation.name, operation.version, payload, operation.actor)

    def _undo_approval(self, operation: Operation) -> None:
        """Take back the approval that MLflow did not carry out, so that it can be given again."""
        ids = operation.args.get("request_ids") or []
        with self._ground.metastore.begin() as connection:
            where = (approvals.c.request_id.in_(ids), approvals.c.approver == operation.actor)
            connection.execute(approvals.delete().where(*where))

    def _journal(self, action: str, name: str, version: int, payload: dict[str, Any], actor: str | None = None) -> None:
        kept = {key: value for key, value in payload.items() if value is not None}
        self._ground.journal.append(action, subject(name, version), kept, actor=actor)


def alias_args(found: Found, target: str, comment: str | None) -> dict[str, Any]:
    """Return the wanted end state of an operation that moves an alias."""
    alias = target.removeprefix("@")
    previous = found.model.aliases.get(alias)
    return {"mlflow_name": found.model.name, "alias": alias, "previous": previous, "comment": comment}


def _open(connection: sa.Connection, name: str, version: int, target: str) -> Sequence[sa.RowMapping]:
    where = (
        requests.c.name == name,
        requests.c.version == version,
        requests.c.target == target,
        requests.c.state == "open",
    )
    return connection.execute(sa.select(requests).where(*where).order_by(requests.c.created_ms)).mappings().all()


def _set_state(connection: sa.Connection, ids: Sequence[str], state: str, actor: str) -> None:
    values = {"state": state, "closed_by": actor, "closed_ms": now_ms()}
    connection.execute(requests.update().where(requests.c.id.in_(ids), requests.c.state == "open").values(values))


def _approved_by(connection: sa.Connection, request_id: str) -> Sequence[str]:
    query = sa.select(approvals.c.approver).where(
        approvals.c.request_id == request_id, approvals.c.decision == "approved"
    )
    return connection.execute(query.order_by(approvals.c.time_ms)).scalars().all()


def _approved(connection: sa.Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return role → who approved in it first."""
    query = sa.select(approvals).where(approvals.c.request_id.in_(ids), approvals.c.decision == "approved")
    found: dict[str, str] = {}
    for row in connection.execute(query.order_by(approvals.c.time_ms)).mappings():
        for role in row["roles"]:
            found.setdefault(role, row["approver"])
    return found


def _request(
    row: sa.RowMapping, approved_by: Sequence[str], approved: dict[str, str], policy: ModelPolicy | None
) -> TransitionRequest:
    missing = missing_roles(policy, row["target"], approved) if policy is not None and row["state"] == "open" else []
    keys = ("id", "name", "version", "kind", "target", "creator", "comment", "state", "closed_by")
    return TransitionRequest(
        **{key: row[key] for key in keys},
        created_at=row["created_ms"],
        closed_at=row["closed_ms"],
        approved_by=list(approved_by),
        missing_roles=missing,
    )
