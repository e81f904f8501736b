"""One change, two databases: MLflow's registry and the metastore.

They cannot share a transaction. So every change is (1) a row in ``registry_operations`` in state *started* with the wanted end state, (2)
the call to MLflow, (3) one metastore transaction with *done*, the follow-up rows and the journal event. Whoever finds a *started*
operation whose process is gone looks at MLflow: end state reached → step 3, with the original actor; not reached → a set is repeated, a
create is given up. Each step states the end, not the change, so doing one twice does no harm.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import ConflictError, MlnbError
from mlnb.core.processes import ProcessIdentity, current_process, is_alive

from .names import subject
from .store import OPERATION_TAG, SCOPE_TAG, Store
from .tables import operations, seen

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

Kind = Literal["create", "create_model", "alias", "alias_delete"]
#: An operation of a process that lives is left alone this long: it may be waiting for a slow store.
GRACE_MS = 60_000

#: Called in step 3, inside its transaction, with the operation and the id of its journal event.
Finisher = Callable[["Operation", int], None]


@dataclass(frozen=True)
class Operation:
    """A change under way. ``args`` holds the whole wanted end state, ``mlflow_name`` included."""

    id: str
    kind: Kind
    name: str
    version: int
    args: dict[str, Any]
    actor: str
    started_ms: int

    @property
    def mlflow_name(self) -> str:
        """MLflow's own name of the model."""
        return str(self.args["mlflow_name"])


class Operations:
    """Runs changes, and finishes those that a crash left behind.

    Parameters
    ----------
    ground
        The workspace's stores.
    store
        MLflow's registry.
    """

    def __init__(self, ground: Ground, store: Store) -> None:
        self._ground = ground
        self._store = store
        self.finishers: dict[str, Finisher] = {}
        self.undoers: dict[str, Callable[[Operation], None]] = {}

    def start(self, kind: Kind, name: str, version: int, args: Mapping[str, Any]) -> Operation:
        """Write down what is going to be done (step 1), in the open transaction or one of its own.

        Raises
        ------
        ConflictError
            When the same thing is being changed right now.
        """
        full = {**args, "process": asdict(current_process())}
        operation = Operation(str(uuid.uuid4()), kind, name, version, full, current_caller().principal, now_ms())
        with self._ground.metastore.begin() as connection:
            if kind in ("alias", "alias_delete"):
                self._refuse_second(connection, operation)
            row = asdict(operation) | {"state": "started"}
            connection.execute(operations.insert().values(row))
        return operation

    def _refuse_second(self, connection: sa.Connection, operation: Operation) -> None:
        for other in _started(connection, operation.name):
            if other.args.get("alias") == operation.args["alias"]:
                raise ConflictError(
                    f"{other.actor} is moving @{operation.args['alias']} of {operation.name} right now.",
                    hint="Look at the model again in a moment, then decide.",
                )

    def carry_out(self, operation: Operation) -> tuple[int, int]:
        """Do steps 2 and 3; return the version and the journal event's id.

        When MLflow refuses, the operation is marked failed and the error goes on to the caller.
        """
        try:
            version = self._apply(operation)
        except Exception:
            self._fail(operation)
            raise
        return version, self._finish(operation, version)

    def in_flight(self, connection: sa.Connection) -> set[str]:
        """Return MLflow's names of the models that a started operation is changing."""
        return {operation.mlflow_name for operation in _started(connection)}

    def recover(self) -> int:
        """Finish or give up what processes that are gone have left behind; return how many there were."""
        with self._ground.metastore.connect() as connection:
            left = [operation for operation in _started(connection) if _abandoned(operation)]
        for operation in left:
            try:
                version = self._reached(operation)
                if version is None and operation.kind == "create":
                    self._fail(operation)
                    continue
                self._finish(operation, self._apply(operation) if version is None else version)
            except MlnbError as error:
                if error.code == "REGISTRY_UNAVAILABLE":
                    raise
                self._fail(operation)
        return len(left)

    def _apply(self, operation: Operation) -> int:
        """Step 2."""
        store, args, name = self._store, operation.args, operation.mlflow_name
        if operation.kind == "alias":
            store.set_alias(name, args["alias"], operation.version)
        elif operation.kind == "alias_delete":
            store.delete_alias(name, args["alias"])
        elif operation.kind == "create_model":
            store.create_model(name, args.get("description"), args.get("tags") or {})
        else:
            return self._create_version(operation)
        return operation.version

    def _create_version(self, operation: Operation) -> int:
        store, args, name = self._store, operation.args, operation.mlflow_name
        before = store.model(name)
        if before is None:
            store.create_model(name, None, args.get("model_tags") or {})
        elif SCOPE_TAG not in before.tags and SCOPE_TAG in (args.get("model_tags") or {}):
            store.set_model_tag(name, SCOPE_TAG, args["model_tags"][SCOPE_TAG])
        try:
            tags = {**args["tags"], OPERATION_TAG: operation.id}
            version = store.create_version(name, {**args, "tags": tags}, args["await_ready"])
        except Exception:
            if before is None:
                store.delete_model(name)
            raise
        if args.get("model_id"):
            # The version exists by now: a link that MLflow does not take must not make it look as if it did not.
            with contextlib.suppress(MlnbError):
                store.link_logged_model(name, version, args["model_id"])
        return version

    def _reached(self, operation: Operation) -> int | None:
        """Return the version when MLflow is in the wanted end state, else None."""
        model = self._store.model(operation.mlflow_name)
        if operation.kind == "alias_delete":
            return operation.version if model is None or operation.args["alias"] not in model.aliases else None
        if model is None:
            return None
        if operation.kind == "alias":
            return operation.version if model.aliases.get(operation.args["alias"]) == operation.version else None
        if operation.kind == "create_model":
            return 0
        made = [item.version for item in model.versions.values() if item.tags.get(OPERATION_TAG) == operation.id]
        return made[0] if made else None

    def _finish(self, operation: Operation, version: int) -> int:
        """Step 3; done twice, the second time changes nothing."""
        with self._ground.metastore.begin() as connection:
            row = connection.execute(sa.select(operations).where(operations.c.id == operation.id)).mappings().one()
            if row["state"] == "done":
                return int(row["event_id"] or 0)
            event = self._journal(operation, version)
            changes = {"state": "done", "version": version, "finished_ms": now_ms(), "event_id": event}
            connection.execute(operations.update().where(operations.c.id == operation.id).values(changes))
            self._note_seen(connection, operation, version)
            if operation.kind in self.finishers:
                self.finishers[operation.kind](operation, event)
        return event

    def _fail(self, operation: Operation) -> None:
        with self._ground.metastore.begin() as connection:
            where = (operations.c.id == operation.id, operations.c.state == "started")
            connection.execute(operations.update().where(*where).values(state="failed", finished_ms=now_ms()))
            if operation.kind in self.undoers:
                self.undoers[operation.kind](operation)

    def _journal(self, operation: Operation, version: int) -> int:
        args = operation.args
        actions = {
            "create": ("model_version.created", subject(operation.name, version)),
            "create_model": ("registered_model.created", subject(operation.name)),
            "alias": ("registered_model.alias_set", subject(operation.name, version)),
            "alias_delete": ("registered_model.alias_deleted", subject(operation.name)),
        }
        action, about = actions[operation.kind]
        shown = ("alias", "previous", "comment", "source", "run_id", "description", "artifact_digest")
        payload = {key: args[key] for key in shown if args.get(key) is not None}
        payload |= {"version": version} if version else {}
        return self._ground.journal.append(action, about, payload, actor=operation.actor).id

    def _note_seen(self, connection: sa.Connection, operation: Operation, version: int) -> None:
        """Keep what we did ourselves out of what ``reconcile`` will call an outside change."""
        name = operation.mlflow_name
        model = self._store.model(name)
        if model is None:
            return
        before = connection.execute(sa.select(seen).where(seen.c.name == name, seen.c.version == 0)).mappings().first()
        aliases = dict(before["aliases"] or {}) if before else {}
        if operation.kind == "alias":
            aliases[operation.args["alias"]] = version
        elif operation.kind == "alias_delete":
            aliases.pop(operation.args["alias"], None)
        ours = before is None or operation.kind in ("create", "create_model")
        row: dict[str, Any] = {"name": name, "version": 0, "aliases": aliases, "seen_ms": now_ms()}
        row["fingerprint"] = model.fingerprint if ours or before is None else before["fingerprint"]
        self._ground.metastore.upsert(connection, seen, row, ["name", "version"])
        if operation.kind == "create" and version in model.versions:
            made = model.versions[version]
            row = {
                "name": name,
                "version": version,
                "fingerprint": made.fingerprint,
                "stage": made.stage,
                "source": made.source,
            }
            row |= {"run_id": made.run_id, "user": operation.actor, "seen_ms": now_ms()}
            self._ground.metastore.upsert(connection, seen, row, ["name", "version"])


def _started(connection: sa.Connection, name: str | None = None) -> list[Operation]:
    query = sa.select(operations).where(operations.c.state == "started").order_by(operations.c.started_ms)
    if name is not None:
        query = query.where(operations.c.name == name)
    keys = ("id", "kind", "name", "version", "args", "actor", "started_ms")
    return [Operation(**{key: row[key] for key in keys}) for row in connection.execute(query).mappings()]


def _abandoned(operation: Operation) -> bool:
    process = operation.args.get("process")
    if process is not None and not is_alive(ProcessIdentity(**process)):
        return True
    return now_ms() - operation.started_ms > GRACE_MS
