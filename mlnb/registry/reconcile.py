"""What plain MLflow did behind our back, noticed and journaled.

``mlflow.register_model`` in a kernel writes straight to MLflow's store, so nothing calls us. ``Reconciliation.run`` compares MLflow with
``registry_seen``, what we last saw or did ourselves, and writes the missing events, marked ``observed``. It runs before ``ws.models`` reads
and every two seconds in the supervisor; when MLflow's database did not change since the last time, it costs one pragma.

The comparison that writes holds the metastore's write lock while it reads MLflow and leaves out models with a started operation: no change
of our own can then fall between the two readings and look like somebody else's.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.supervisor import Reconciler

from .names import Names, subject
from .store import ModelState, Store, VersionState
from .tables import seen

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .operations import Operations

#: Actor of changes whose author MLflow does not know.
OUTSIDE = "mlflow"


#: What of MLflow's database the registry shows; read raw, since it must cost nothing while only runs are logged.
_TABLES = (
    "registered_models",
    "model_versions",
    "registered_model_aliases",
    "registered_model_tags",
    "model_version_tags",
)

#: Up to so many models are read one by one.
_FEW = 10


class StoreWatch:
    """Says what state MLflow's registry is in, model by model, without importing MLflow and without its cost.

    On SQLite the state is a digest over each model's rows, taken again only when another connection committed. Elsewhere it is None,
    which is never equal to a state that was kept.
    """

    def __init__(self, uri: str) -> None:
        self._path = uri.removeprefix("sqlite:///").partition("?")[0] if uri.startswith("sqlite:///") else None
        self._connection: sqlite3.Connection | None = None
        self._commit: int | None = None
        self._digests: dict[str, str] = {}

    def state(self) -> dict[str, str] | None:
        """Return MLflow name → digest; empty while there is no registry yet."""
        if self._path is None:
            return None
        if self._connection is None:
            if not Path(self._path).exists():
                return {}
            address = f"file:{quote(self._path)}?mode=ro"
            self._connection = sqlite3.connect(address, uri=True, timeout=10, check_same_thread=False)
        try:
            commit = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            if commit != self._commit:
                self._digests = self._read(self._connection)
                self._commit = commit
        except sqlite3.OperationalError:  # being created, or locked for longer than it should: look closer
            return None
        return self._digests

    def _read(self, connection: sqlite3.Connection) -> dict[str, str]:
        present = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows: dict[str, list[str]] = {}
        for table in _TABLES:
            if table in present:
                for row in connection.execute(f"SELECT name, * FROM {table}"):  # noqa: S608 (a constant)
                    rows.setdefault(row[0], []).append(f"{table}{row!r}")
        return {name: hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest() for name, lines in rows.items()}

    def close(self) -> None:
        """Close the kept connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Reconciliation:
    """Brings journal and ``registry_seen`` up to what MLflow holds.

    Parameters
    ----------
    ground, store, names, operations
        The registry's parts.
    on_alias
        Told of an alias that somebody moved in MLflow: ``(name, version, alias, event id)``.
    on_gone
        Told of a version (or a whole model: None) that is no longer there.
    """

    def __init__(
        self,
        ground: Ground,
        store: Store,
        names: Names,
        operations: Operations,
        *,
        on_alias: Callable[[str, int, str, int], None],
        on_gone: Callable[[str, int | None], None],
    ) -> None:
        self._ground = ground
        self._store = store
        self._names = names
        self._operations = operations
        self._on_alias = on_alias
        self._on_gone = on_gone
        self._watch = StoreWatch(ground.tracking.uri)
        # A workspace where nothing was ever registered is up to date from the start.
        self._state: dict[str, str] | None = {}
        self._lock = threading.Lock()

    def run(self) -> int:
        """Finish abandoned operations, then journal what changed outside; return how many events were written."""
        with self._lock:
            self._operations.recover()
            state = self._watch.state()
            if state is not None and state == self._state:
                return 0
            suspects = self._suspects(state)
            changed = self._differences(self._load(suspects), self._seen(), suspects)
            count, complete = self._write(changed) if changed else (0, True)
            if complete:
                self._state = state
            return count

    def _suspects(self, state: Mapping[str, str] | None) -> set[str] | None:
        """Return MLflow's names of the models that may have changed since the last time, None when that is all of them."""
        if state is None or not self._state:
            return None
        kept = self._state
        return {name for name in {**kept, **state} if kept.get(name) != state.get(name)}

    def _load(self, names: Collection[str] | None) -> dict[str, ModelState]:
        """Return models from MLflow: a few one by one, many or all at once."""
        if names is None or len(names) > _FEW:
            return self._store.snapshot()
        found = {name: self._store.model(name) for name in names}
        return {name: model for name, model in found.items() if model is not None}

    def _seen(self) -> dict[str, dict[int, Mapping[str, Any]]]:
        found: dict[str, dict[int, Mapping[str, Any]]] = {}
        with self._ground.metastore.connect() as connection:
            for row in connection.execute(sa.select(seen)).mappings():
                found.setdefault(row["name"], {})[row["version"]] = dict(row)
        return found

    def _differences(
        self,
        models: Mapping[str, ModelState],
        known: Mapping[str, Mapping[int, Mapping[str, Any]]],
        among: Collection[str] | None,
    ) -> list[str]:
        """Return MLflow's names of the models that are not as we last saw them."""
        names = {**known, **models} if among is None else among
        return [name for name in names if _differs(models.get(name), known.get(name, {}))]

    def _write(self, suspects: Collection[str]) -> tuple[int, bool]:
        """Journal the differences; return how many events, and whether no model had to be left for the next time."""
        count = 0
        with self._ground.metastore.begin() as connection:
            if self._ground.metastore.dialect == "postgresql":
                connection.execute(sa.text("LOCK TABLE registry_operations IN SHARE ROW EXCLUSIVE MODE"))
            busy = self._operations.in_flight(connection)
            models, known = self._load(suspects), self._seen()
            changed = self._differences(models, known, suspects)
            for name in changed:
                if name not in busy:
                    count += self._write_model(connection, name, models.get(name), known.get(name, {}))
        return count, not busy.intersection(changed)

    def _write_model(
        self, connection: sa.Connection, name: str, model: ModelState | None, known: Mapping[int, Mapping[str, Any]]
    ) -> int:
        shown, count = self._names.shown(name), 0
        if model is None:
            self._append("registered_model.deleted", subject(shown), {})
            self._on_gone(shown, None)
            connection.execute(seen.delete().where(seen.c.name == name))
            return 1
        if 0 not in known:
            self._append("registered_model.created", subject(shown), {})
            count += 1
        elif known[0]["fingerprint"] != model.fingerprint:
            self._append("registered_model.updated", subject(shown), {})
            count += 1
        for number in sorted(set(known) - {0} - set(model.versions)):
            self._append("model_version.deleted", subject(shown, number), {"version": number})
            self._on_gone(shown, number)
            connection.execute(seen.delete().where(seen.c.name == name, seen.c.version == number))
            count += 1
        for version in model.versions.values():
            count += self._write_version(connection, name, version, known.get(version.version))
        before = dict(known[0]["aliases"] or {}) if 0 in known else {}
        count += self._write_aliases(shown, before, dict(model.aliases))
        row = {"name": name, "version": 0, "fingerprint": model.fingerprint, "aliases": dict(model.aliases)}
        self._ground.metastore.upsert(connection, seen, row | {"seen_ms": now_ms()}, ["name", "version"])
        return count

    def _write_version(
        self, connection: sa.Connection, name: str, version: VersionState, known: Mapping[str, Any] | None
    ) -> int:
        if known is not None and known["fingerprint"] == version.fingerprint:
            return 0
        about = subject(self._names.shown(name), version.version)
        author = known["user"] if known is not None else self._author(version)
        if known is None:
            payload = {"version": version.version, "source": version.source, "run_id": version.run_id}
            self._append("model_version.created", about, payload, author)
        elif known["stage"] != version.stage:
            self._append("model_version.transitioned", about, {"from": known["stage"], "to": version.stage})
        else:
            self._append("model_version.updated", about, {"version": version.version})
        row = {"name": name, "version": version.version, "fingerprint": version.fingerprint, "stage": version.stage}
        row |= {"source": version.source, "run_id": version.run_id, "user": author, "seen_ms": now_ms()}
        self._ground.metastore.upsert(connection, seen, row, ["name", "version"])
        return 1

    def _write_aliases(self, shown: str, before: Mapping[str, int], after: Mapping[str, int]) -> int:
        count = 0
        for alias, version in sorted(after.items()):
            if before.get(alias) != version:
                payload = {"alias": alias, "version": version, "previous": before.get(alias)}
                event = self._append("registered_model.alias_set", subject(shown, version), payload)
                self._on_alias(shown, version, alias, event)
                count += 1
        for alias in sorted(set(before) - set(after)):
            payload = {"alias": alias, "version": before[alias]}
            self._append("registered_model.alias_deleted", subject(shown), payload)
            count += 1
        return count

    def _author(self, version: VersionState) -> str:
        """Return who made a version: MLflow's user, else the run's."""
        if version.user or not version.run_id:
            return version.user or OUTSIDE
        run = self._store.run(version.run_id)
        return (run.data.tags.get("mlflow.user") if run is not None else None) or OUTSIDE

    def _append(self, action: str, about: str, payload: Mapping[str, Any], actor: str | None = None) -> int:
        kept = {key: value for key, value in payload.items() if value is not None} | {"observed": True}
        return self._ground.journal.append(action, about, kept, actor=actor or OUTSIDE).id


def _differs(model: ModelState | None, known: Mapping[int, Mapping[str, Any]]) -> bool:
    if model is None:
        return bool(known)
    if 0 not in known:
        return True
    if known[0]["fingerprint"] != model.fingerprint or dict(known[0]["aliases"] or {}) != dict(model.aliases):
        return True
    numbers = set(known) - {0}
    return numbers != set(model.versions) or any(
        known[n]["fingerprint"] != model.versions[n].fingerprint for n in numbers
    )


class RegistryReconciler(Reconciler):
    """Notices in the supervisor what plain MLflow changed."""

    name = "registry"
    period_ms = 2000

    def __init__(self, reconcile: Callable[[], int]) -> None:
        self._reconcile = reconcile

    def tick(self, _now_ms: int) -> None:
        """Compare MLflow with what was last seen."""
        self._reconcile()
