"""The platform's own client on the Jobs API: a notebook as a job, run to its end by the whole supervisor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.waiting import until


@pytest.fixture
def notebook(seeded: Any) -> Iterator[str]:
    """A notebook in the server's notebook root; the supervisor that runs it is stopped afterwards."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    defaults = {**cell, "source": "n = 1", "metadata": {"tags": ["parameters"]}}
    document = {
        "cells": [defaults, {**cell, "id": "b", "source": "print(n)\nassert n != 13"}],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (seeded.root / "report.ipynb").write_text(json.dumps(document))
    yield "/Workspace/report"
    seeded.supervisor.stop()


def test_a_job_is_created_run_watched_and_deleted(sdk: Any, seeded: Any, notebook: str) -> None:
    from databricks.sdk.errors import InvalidParameterValue, NotFound, NotImplemented
    from databricks.sdk.service import jobs

    task = jobs.Task(task_key="main", notebook_task=jobs.NotebookTask(notebook_path=notebook))
    created = sdk.jobs.create(name="report", tasks=[task], max_concurrent_runs=2)
    got = sdk.jobs.get(created.job_id)
    assert (got.settings.name, got.settings.tasks[0].notebook_task.notebook_path) == ("report", notebook)
    assert [job.job_id for job in sdk.jobs.list(name="report", expand_tasks=True)] == [created.job_id]
    run_id = sdk.jobs.run_now(created.job_id, job_parameters={"n": "42"}).response.run_id
    failing = sdk.jobs.run_now(created.job_id, job_parameters={"n": "13"}).response.run_id
    run = _wait(sdk, run_id)
    assert run.state.result_state is jobs.RunResultState.SUCCESS
    assert run.status.termination_details.code is jobs.TerminationCodeCode.SUCCESS
    assert run.tasks[0].task_key == "main"
    assert sdk.jobs.get_run_output(run.tasks[0].run_id).metadata.run_id == run.tasks[0].run_id
    assert "42" in seeded.jobs.notebook(run_id).read_text()
    output = sdk.jobs.get_run_output(_wait(sdk, failing).tasks[0].run_id)
    assert output.error == "Cell 3 failed: AssertionError:"
    assert {item.run_id for item in sdk.jobs.list_runs(job_id=created.job_id)} == {run_id, failing}
    with pytest.raises(InvalidParameterValue, match="its default 1 is int"):
        sdk.jobs.run_now(created.job_id, job_parameters={"n": "soon"})
    with pytest.raises(NotImplemented, match="schedule"):
        sdk.jobs.create(name="x", tasks=[task], schedule=jobs.CronSchedule("0 0 6 * * ?", "UTC"))
    sdk.jobs.delete(created.job_id)
    with pytest.raises(NotFound):
        sdk.jobs.get(created.job_id)


def _wait(sdk: Any, run_id: int) -> Any:
    def ended() -> Any:
        run = sdk.jobs.get_run(run_id)
        return run.state.life_cycle_state.value in ("TERMINATED", "INTERNAL_ERROR", "SKIPPED") and run

    return until(ended, 400, f"the end of run {run_id}")
