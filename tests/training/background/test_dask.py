"""Runs in the background on a real Dask scheduler and worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.waiting import until

distributed = pytest.importorskip("distributed")


@pytest.fixture
def cluster() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None, silence_logs=50
    ) as found:
        yield found.scheduler_address.replace("tcp://", "dask://")


def test_a_worker_of_the_cluster_does_the_run(shared: Any, cluster: str) -> None:
    code = "print('on the worker', flush=True)\n{'score': 1.5 * factor}"
    run = shared.runs.background(code, name="there", experiment="dask", executor=cluster, send={"factor": 2})
    assert run.wait(120).status == "FINISHED", run.log()
    assert run.info.executor == cluster
    assert shared.runs.get(run.run_id).metrics["score"] == 3.0
    assert run.log() == "on the worker\n"
    log = shared.path / "background" / run.run_id / "worker.log"
    until(lambda: "ended: FINISHED" in log.read_text())  # said when all is written
    row = shared.runs._background.store.row(run.run_id)
    assert row.attempt == 0  # no process of the supervisor's own


def test_a_scheduler_that_does_not_answer_is_waited_for_and_said(shared: Any) -> None:
    run = shared.runs.background("1", name="nobody", experiment="dask", executor="dask://127.0.0.1:9")
    said = until(lambda: (row := shared.progress.get(f"run:{run.run_id}")) and "Dask" in row.message and row)
    assert "127.0.0.1:9" in said.message
    assert run.info.status == "SCHEDULED"
    run.stop()
    assert run.wait(120).status == "KILLED"
