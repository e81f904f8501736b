"""Runs and experiments for the catalog's lineage and search, from the metastore and MLflow's tables; MLflow is not imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from mlnb.catalog.lineage.records import Link, Thing
from mlnb.catalog.names import key
from mlnb.catalog.search.records import SearchHit, marked

from .records import run_data, run_sessions

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .service import Runs

#: Runs named around one table.
_MOST = 50


def run_links(ground: Ground) -> Callable[[Thing, Literal["upstream", "downstream"]], Iterator[Link]]:
    """Return what tells which tables a run read and wrote."""

    def links(thing: Thing, direction: Literal["upstream", "downstream"]) -> Iterator[Link]:
        if thing.kind not in ("table", "view", "run"):
            return
        around_run = thing.kind == "run"
        wanted = "read" if around_run == (direction == "upstream") else "written"
        mine = run_data.c.run_id if around_run else run_data.c.name
        query = (
            sa.select(run_data.c.run_id, run_data.c.name, run_sessions.c.started_at, run_sessions.c.notebook_path)
            .select_from(run_data.outerjoin(run_sessions, run_sessions.c.run_id == run_data.c.run_id))
            .where(mine == thing.name, run_data.c.kind == "table", run_data.c.direction == wanted)
            .distinct()
            .order_by(run_sessions.c.started_at.desc())
            .limit(_MOST)
        )
        with ground.metastore.connect() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            run = Thing("run", row.run_id, f"run in {row.notebook_path}" if row.notebook_path else "run")
            table = Thing("table", row.name)
            ends = (table, run) if wanted == "read" else (run, table)
            yield Link(*ends, last_seen=row.started_at or 0)

    return links


def find_runs(runs: Callable[[], Runs]) -> Callable[[Sequence[str], Sequence[str], int], Iterator[SearchHit]]:
    """Return what finds runs and experiments by name."""

    def find(words: Sequence[str], kinds: Sequence[str], limit: int) -> Iterator[SearchHit]:
        if not kinds or "experiment" in kinds:
            for experiment in runs().experiments():
                if all(word in key(experiment.name) for word in words):
                    yield SearchHit(
                        address=f"mlnb:experiment/{experiment.experiment_id}",
                        kind="experiment",
                        name=experiment.name,
                        full_name=experiment.name,
                        where="experiments",
                        snippet=marked(experiment.name, words),
                    )
        if not kinds or "run" in kinds:
            for run_id, name, experiment_name in runs().named(words, limit):
                yield SearchHit(
                    address=f"mlnb:run/{run_id}",
                    kind="run",
                    name=name,
                    full_name=run_id,
                    where=experiment_name,
                    snippet=marked(name, words),
                )

    return find
