"""Jobs and runs with the metastore on a real PostgreSQL."""

from __future__ import annotations

from jobs_helpers import make_notebook

from mlnb.core.ground import Ground
from mlnb.core.processes import current_process
from mlnb.jobs.service import Jobs
from mlnb.jobs.store import Ending


def test_jobs_and_runs_live_in_postgresql(postgres_url, tmp_path, monkeypatch):
    monkeypatch.setenv("MLNB_METASTORE_URL", postgres_url)
    ground = Ground(tmp_path / "root" / ".mlnb")
    jobs = Jobs(ground)
    make_notebook(ground.root / "n.ipynb", "1", parameters="n = 1")
    job = jobs.from_notebook("n.ipynb", max_retries=1)
    run = jobs.run_now(job.job_id, job_parameters={"n": 2}, idempotency_token="t", start=False)
    assert jobs.run_now(job.job_id, idempotency_token="t", start=False).run_id == run.run_id
    assert jobs.run_now(job.job_id, start=False).state == "QUEUED"
    store, task = jobs._store, run.task.run_id
    assert store.reserve(task, "w", 10**15)
    assert store.start(task, "w", current_process(), 10**15)
    assert store.beat(task, "w", 10**15, 1, "c0") == "go"
    assert store.finish(task, Ending("TERMINATED", "FAILED", error="no"), worker_id="w")
    again = jobs.run(run.run_id)
    assert (again.state, len(again.tasks), jobs.summaries()[0].name) == ("PENDING", 2, "n")
    store.request_cancel(run.run_id)
    assert jobs.run(run.run_id).result == "CANCELED"
    waiting = store.unfinished("job")
    assert store.release_queued(waiting[0])
    assert ground.journal.verify().ok
    ground.close()
