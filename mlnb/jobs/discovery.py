"""Jobs for the catalog's lineage and search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from mlnb.catalog.lineage.records import Link, Thing
from mlnb.catalog.names import key
from mlnb.catalog.search.records import SearchHit, marked

from .records import job_runs, jobs

if TYPE_CHECKING:
    from mlnb.core.ground import Ground


def job_links(ground: Ground) -> Callable[[Thing, Literal["upstream", "downstream"]], Iterator[Link]]:
    """Return what tells which job a job run belongs to."""

    def links(thing: Thing, direction: Literal["upstream", "downstream"]) -> Iterator[Link]:
        if thing.kind != "job_run" or direction != "upstream" or not thing.name.isdigit():
            return
        joined = job_runs.join(jobs, jobs.c.job_id == job_runs.c.job_id)
        query = sa.select(jobs.c.job_id, jobs.c.name, job_runs.c.created_ms).select_from(joined)
        with ground.metastore.connect() as connection:
            row = connection.execute(query.where(job_runs.c.run_id == int(thing.name))).first()
        if row is not None:
            yield Link(Thing("job", str(row.job_id), row.name), thing, row.created_ms)

    return links


def find_jobs(ground: Ground) -> Callable[[Sequence[str], Sequence[str], int], Iterator[SearchHit]]:
    """Return what finds jobs by name."""

    def find(words: Sequence[str], kinds: Sequence[str], limit: int) -> Iterator[SearchHit]:
        if kinds and "job" not in kinds:
            return
        query = sa.select(jobs.c.job_id, jobs.c.name).where(jobs.c.deleted.is_(False)).order_by(jobs.c.name)
        with ground.metastore.connect() as connection:
            rows = [row for row in connection.execute(query) if all(word in key(row.name) for word in words)]
        for row in rows[:limit]:
            yield SearchHit(
                address=f"mlnb:job/{row.job_id}",
                kind="job",
                name=row.name,
                full_name=str(row.job_id),
                where="jobs",
                snippet=marked(row.name, words),
            )

    return find
