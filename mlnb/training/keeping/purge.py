"""Removing runs for good: what may go, what it would free, and the removal itself, which goes on where it was interrupted.

The plan is stored before anything is removed. Each run is one step: its files, its logged models, its rows in MLflow, then, in one
transaction, what the metastore keeps of it, its event and the plan's position. Killed between any two of these, the step is done again:
what is gone already is no error.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidParameterError
from mlnb.scope.tables import holdout_looks, holdouts

from ..records import run_data, run_sessions
from ..records_background import background_runs
from ..records_keeping import PurgeItem, PurgePlan, Refusal, purge_plans
from ..records_replay import replays
from .sizes import remove
from .store import Head, StoredModel

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from ..settings import TrainingSettings
    from .choosing import Choice
    from .store import RunStore
    from .usage import Sizes

log = logging.getLogger("mlnb.training")

_DAY_MS = 86_400_000
_LEASE_SECONDS = 60.0
_HOUR_MS = 3_600_000


class Purge:
    """Removes runs for good.

    Parameters
    ----------
    ground
        The workspace's stores.
    store, choice, sizes
        Knows the runs, which are meant, and the room they take.
    settings
        How long the trash keeps what nobody names.
    """

    def __init__(
        self, ground: Ground, store: RunStore, choice: Choice, sizes: Sizes, settings: TrainingSettings
    ) -> None:
        self._ground, self._store, self._choice, self._sizes = ground, store, choice, sizes
        self._settings = settings

    def plan(self, runs: object = None, older_than: object = None) -> PurgePlan:
        """Return what a purge would remove; nothing is changed."""
        limit = None if older_than is None else now_ms() - duration_ms(older_than)
        if runs is None:
            limit = now_ms() - self._settings.trash_days * _DAY_MS if limit is None else limit
            found: tuple[list[Head], list[Refusal]] = (self._store.trashed(until=limit), [])
        else:
            found = self._chosen(runs, limit)
        heads, kept = self._protected(found[0])
        items = self._items(heads)
        return PurgePlan(
            runs=items,
            refused=[*found[1], *kept],
            bytes=sum(item.artifact_bytes + item.model_bytes for item in items),
            trash_days=self._settings.trash_days,
        )

    def start(self, plan: PurgePlan) -> PurgePlan:
        """Store a plan that is to be carried out, whatever becomes of this process."""
        if not plan.runs:
            return plan.model_copy(update={"state": "DONE"})
        self._store.check_erasing()
        with self._ground.metastore.begin() as connection:
            going = in_hand(connection)
            twice = [item for item in plan.runs if item.run_id in going]
            refused = [Refusal(run_id=item.run_id, name=item.name, reason="is being removed already") for item in twice]
            fresh = [item for item in plan.runs if item.run_id not in going]
            started = plan.model_copy(
                update={
                    "id": uuid.uuid4().hex,
                    "state": "RUNNING" if fresh else "DONE",
                    "runs": fresh,
                    "refused": [*plan.refused, *refused],
                    "bytes": sum(item.artifact_bytes + item.model_bytes for item in fresh),
                }
            )
            if fresh:
                row = {"id": started.id, "state": "RUNNING", "plan": started.to_dict(), "done": 0}
                row |= {"created_by": current_caller().principal, "created_at": now_ms()}
                connection.execute(purge_plans.insert().values(row))
        return started

    def get(self, plan_id: str) -> PurgePlan:
        """Return a stored plan."""
        with self._ground.metastore.connect() as connection:
            row = connection.execute(sa.select(purge_plans).where(purge_plans.c.id == plan_id)).mappings().one()
        return PurgePlan(**{**row["plan"], "state": row["state"], "done": row["done"]})

    def unfinished(self) -> list[str]:
        """Return the ids of plans that are being carried out, or were when their process ended."""
        query = sa.select(purge_plans.c.id).where(purge_plans.c.state == "RUNNING").order_by(purge_plans.c.created_at)
        with self._ground.metastore.connect() as connection:
            return list(connection.execute(query).scalars())

    def carry_out(self, plan_id: str) -> None:
        """Do what is left of a plan; another process that is at it is left alone."""
        from mlnb.core.leases import Leases
        from mlnb.core.processes import current_process

        leases, name, holder = Leases(self._ground.metastore), f"purge:{plan_id}", uuid.uuid4().hex
        if leases.acquire(name, holder, current_process(), seconds=_LEASE_SECONDS) is None:
            return
        try:
            plan = self.get(plan_id)
            refused: list[Refusal] = []
            renewed = now_ms()
            for position, item in enumerate(plan.runs[plan.done :], start=plan.done):
                refused += self._remove(plan_id, position, item)
                if now_ms() - renewed > _LEASE_SECONDS * 250:
                    leases.renew(name, holder, seconds=_LEASE_SECONDS)
                    renewed = now_ms()
            self._finish(plan, refused)
        finally:
            leases.release(name, holder)

    def carry_out_beside(self, plan_id: str, wait: float) -> PurgePlan:
        """Carry a plan out in a thread and return after ``wait`` seconds at the latest."""
        thread = threading.Thread(target=self._carry_out_logged, args=(plan_id,), name="mlnb-purge", daemon=True)
        thread.start()
        thread.join(wait)
        return self.get(plan_id)

    def _carry_out_logged(self, plan_id: str) -> None:
        try:
            self.carry_out(plan_id)
        except Exception:  # the supervisor goes on with it
            log.warning("purge %s stopped; it goes on later", plan_id, exc_info=True)

    # -- what may go -----------------------------------------------------------------------------------------------------------------

    def _chosen(self, runs: object, limit: int | None) -> tuple[list[Head], list[Refusal]]:
        heads: list[Head] = []
        refused: list[Refusal] = []
        chosen = {head.run_id: head for head in self._choice.heads(runs, in_trash=True)}
        for head in self._store.children([run_id for run_id, head in chosen.items() if head.deleted]):
            if head.deleted and head.trashed_with in chosen:  # they went there as one
                chosen.setdefault(head.run_id, head)
        for head in chosen.values():
            if not head.deleted:
                refused.append(head.refused("is not in the trash; put it there first"))
            elif limit is not None and (head.deleted_at is None or head.deleted_at > limit):
                refused.append(head.refused("went into the trash later than that"))
            else:
                heads.append(head)
        return heads, refused

    def _protected(self, heads: Sequence[Head]) -> tuple[list[Head], list[Refusal]]:
        """Part runs into those that may go and those that something needs."""
        versions = self._store.versions() if heads else []
        models = self._store.logged_models([head.run_id for head in heads])
        looks = self._looks([head.run_id for head in heads])
        allowed, refused = [], []
        for head in heads:
            held = [version for version in versions if version.comes_from(head, models.get(head.run_id, []))]
            if head.pinned:
                refused.append(head.refused("is pinned"))
            elif held:
                names = ", ".join(
                    f"{version.name} version {version.version}"
                    + "".join(f" @{alias}" for alias in sorted(version.aliases))
                    for version in held[:3]
                )
                refused.append(head.refused(f"is registered: {names}" + (" and more" if len(held) > 3 else "")))
            elif head.run_id in looks:
                refused.append(head.refused(f"the held-out rows of {looks[head.run_id]} were looked at with it"))
            else:
                allowed.append(head)
        return allowed, refused

    def _looks(self, run_ids: Sequence[str]) -> dict[str, str]:
        """Return the runs that looks at held-out rows name, with the table."""
        query = (
            sa.select(holdout_looks.c.run_id, holdouts.c.table_name)
            .join(holdouts, holdouts.c.id == holdout_looks.c.holdout_id)
            .where(holdout_looks.c.run_id.is_not(None))
        )
        with self._ground.metastore.connect() as connection:
            return {row.run_id: row.table_name for row in connection.execute(query) if row.run_id in set(run_ids)}

    def _items(self, heads: Sequence[Head]) -> list[PurgeItem]:
        models = self._store.logged_models([head.run_id for head in heads])
        sizes = self._sizes.measure(heads)
        return [
            PurgeItem(
                run_id=head.run_id,
                name=head.name,
                experiment_name=head.experiment_name,
                deleted_at=head.deleted_at,
                artifact_bytes=size.artifact_bytes,
                model_bytes=size.model_bytes,
                models=[model.name for model in models.get(head.run_id, [])],
            )
            for head, size in zip(heads, sizes, strict=True)
        ]

    # -- removing --------------------------------------------------------------------------------------------------------------------

    def _remove(self, plan_id: str, position: int, item: PurgeItem) -> list[Refusal]:
        """Remove one run and all that belongs to it; return why not, when something needs it by now."""
        head = self._store.heads([item.run_id]).get(item.run_id)
        models: list[StoredModel] = self._store.logged_models([item.run_id]).get(item.run_id, [])
        if head is not None:
            if not head.deleted:
                return self._skip(plan_id, position, head.refused("was taken out of the trash"))
            kept = self._protected([head])[1]
            if kept:
                return self._skip(plan_id, position, kept[0])
            remove(head.artifact_uri, head.run_id)
        for model in models:
            remove(model.location, model.model_id)
        self._store.erase(item.run_id, [model.model_id for model in models])
        self._forget(plan_id, position, item)
        return []

    def _skip(self, plan_id: str, position: int, refusal: Refusal) -> list[Refusal]:
        with self._ground.metastore.begin() as connection:
            self._step(connection, plan_id, position)
        return [refusal]

    def _forget(self, plan_id: str, position: int, item: PurgeItem) -> None:
        """Remove what the metastore keeps of a run, release its table versions and say so, once."""
        from mlnb.catalog.pins import hold

        run_id = item.run_id
        with self._ground.metastore.begin() as connection:
            if not self._step(connection, plan_id, position):
                return
            for table, column in (
                (run_data, run_data.c.run_id),
                (run_sessions, run_sessions.c.run_id),
                (background_runs, background_runs.c.run_id),
                (replays, replays.c.run_id),
                (replays, replays.c.replay_run_id),
            ):
                connection.execute(table.delete().where(column == run_id))
            hold(self._ground, f"run:{run_id}", [])
            payload: Mapping[str, Any] = {
                "name": item.name,
                "experiment": item.experiment_name,
                "bytes": item.artifact_bytes + item.model_bytes,
                "plan": plan_id,
            }
            self._ground.journal.append("run.purged", f"run:{run_id}", payload)

    @staticmethod
    def _step(connection: sa.Connection, plan_id: str, position: int) -> bool:
        """Count a run as done; False when another process has counted it."""
        mine = (purge_plans.c.id == plan_id) & (purge_plans.c.done == position)
        return bool(connection.execute(purge_plans.update().where(mine).values(done=position + 1)).rowcount)

    def _finish(self, plan: PurgePlan, refused: Sequence[Refusal]) -> None:
        left = {refusal.run_id for refusal in refused}
        gone = [item for item in plan.runs if item.run_id not in left]
        final = plan.model_copy(
            update={
                "state": "DONE",
                "runs": gone,
                "refused": [*plan.refused, *refused],
                "bytes": sum(item.artifact_bytes + item.model_bytes for item in gone),
                "done": len(gone),
            }
        )
        with self._ground.metastore.begin() as connection:
            connection.execute(
                purge_plans.update()
                .where(purge_plans.c.id == plan.id, purge_plans.c.state == "RUNNING")
                .values(state="DONE", plan=final.to_dict(), done=len(gone), ended_at=now_ms())
            )


def in_hand(connection: sa.Connection) -> set[str]:
    """Return the runs that plans being carried out name."""
    plans = connection.execute(sa.select(purge_plans.c.plan).where(purge_plans.c.state == "RUNNING")).scalars()
    return {item["run_id"] for plan in plans for item in plan["runs"]}


def duration_ms(older_than: object) -> int:
    """Return milliseconds of ``"30d"``, ``"12h"``, a number of days, or a ``timedelta``.

    Raises
    ------
    InvalidParameterError
        When it is none of these, or negative.
    """
    from datetime import timedelta

    if isinstance(older_than, timedelta):
        found = older_than.total_seconds() * 1000
    else:
        text = str(older_than).strip().lower()
        unit = _HOUR_MS if text.endswith("h") else _DAY_MS
        try:
            found = float(text[:-1] if text[-1:] in "dh" else text) * unit
        except ValueError:
            found = -1.0
    if not 0 <= found < 1e15:
        raise InvalidParameterError(f"{older_than!r} is no length of time.", hint="Write 30d, 12h or a number of days.")
    return int(found)
