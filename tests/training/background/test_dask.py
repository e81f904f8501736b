"""Runs in the background on a real Dask scheduler and worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from life_helpers import until

distributed = pytest.importorskip("distributed")


@pytest.fixture
def cluster() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None, silence_logs=50
    ) as found:
        yield found.scheduler_address.replace("tcp://", "dask://")


def test_a_worker_of_the_cluster_does_the_run_and_it_is_stopped_from_here(shared: Any, cluster: str) -> None:
    code = """
import os, time
print("on", os.environ.get("DASK_WORKER_NAME", "worker"), flush=True)
if endless:
    time.sleep(600)
{"score": 1.5}"""
    done = shared.runs.background(code, name="there", experiment="dask", executor=cluster, send={"endless": False})
    endless = shared.runs.background(code, name="endless", experiment="dask", executor=cluster, send={"endless": True})
    assert done.wait(120).status == "FINISHED", done.log()
    assert done.info.executor == cluster
    assert shared.runs.get(done.run_id).metrics["score"] == 1.5
    until(lambda: "on" in endless.log(), 120)
    endless.stop()
    assert endless.wait(60).status == "KILLED"
    log = (shared.path / "background" / done.run_id / "worker.log").read_text()
    assert "ended: FINISHED" in log


def test_a_scheduler_that_does_not_answer_is_waited_for_and_said(shared: Any) -> None:
    run = shared.runs.background("1", name="nobody", experiment="dask", executor="dask://127.0.0.1:9")
    said = until(lambda: (row := shared.progress.get(f"run:{run.run_id}")) and "Dask" in row.message and row, 60)
    assert "127.0.0.1:9" in said.message
    assert run.info.status == "SCHEDULED"
    run.stop()
    assert run.wait(60).status == "KILLED"
