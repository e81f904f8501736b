"""Runs under a real supervisor, with real workers and kernels that are killed at bad moments."""

from __future__ import annotations

import json
import os
import signal

import nbformat
import pytest

from tests.waiting import alive, until

#: Prints until somebody stops it.
SLOW = "import time\nfor i in range(6000):\n    print(i, flush=True)\n    time.sleep(0.1)"


def started(jobs, run_id):
    """Wait until the run's slow cell prints."""
    return until(lambda: any(c.outputs_text for c in jobs.cells(run_id)), what="output of a cell")


def worker_pid(jobs, run_id):
    return jobs._store.row(jobs.run(run_id).task.run_id).pid


def kernel_pid(jobs, run_id):
    path = jobs.run(run_id).task.notebook_path.replace("notebook.ipynb", "kernel_process.json")
    return json.loads(open(path).read())["pid"]


def test_a_run_shows_its_cells_live_and_keeps_the_executed_copy(jobs, notebook, ws):
    path = notebook(
        "n.ipynb", "#md # One", "import os\nprint(os.environ['MLNB_JOB_RUN_ID'])", "n * 2", parameters="n = 1"
    )
    before = path.read_bytes()
    job = jobs.from_notebook("n.ipynb")
    run = jobs.run_now(job.job_id, job_parameters={"n": "21"}, idempotency_token="t")
    assert jobs.run_now(job.job_id, idempotency_token="t").run_id == run.run_id
    path.write_text(path.read_text().replace("n * 2", "n * 3"))  # after the start: changes nothing
    done = run.wait(180)
    assert (done.state, done.result, done.cells_done, done.cells_total) == ("TERMINATED", "SUCCESS", 4, 4)
    assert path.read_bytes() == before.replace(b"n * 2", b"n * 3")
    copy = nbformat.read(jobs.notebook(run.run_id), as_version=4)
    assert copy.cells[-1].outputs[0].data["text/plain"] == "42"
    cells = jobs.cells(run.run_id)
    assert [cell.state for cell in cells] == ["done"] * 5
    assert cells[3].outputs_text == str(run.run_id)
    assert cells[4].started <= cells[4].ended
    actions = [e.action for e in ws.journal.tail(100, subjects=[f"job_run:{run.run_id}*"])]
    assert actions == ["task_run.started", "job_run.started", "task_run.finished", "job_run.succeeded"]
    assert ws.progress.get(f"job_run:{run.run_id}").state == "success"
    assert jobs.summaries()[0].last_run.result == "SUCCESS"


def test_a_failing_cell_is_shown_and_tried_again_as_often_as_asked(jobs, notebook, ws):
    notebook("n.ipynb", "1", "raise ValueError('no')", "2")
    job = jobs.from_notebook("n.ipynb", max_retries=1)
    done = jobs.run_now(job.job_id).wait(240)
    assert (done.state, done.result, done.error) == ("TERMINATED", "FAILED", "Cell 2 failed: ValueError: no")
    assert [task.attempt for task in done.tasks] == [0, 1]
    assert "raise ValueError" in done.task.error_trace
    assert [cell.state for cell in jobs.cells(done.run_id)] == ["done", "error", "pending"]
    assert ws.journal.tail(actions=["task_run.retrying"])
    assert ws.journal.tail(actions=["job_run.failed"])[-1].payload["error"] == done.error


def test_a_supervisor_that_is_killed_loses_nothing(jobs, notebook, ws):
    source = "import os, time\nwhile not os.path.exists('go'):\n    print('.', flush=True)\n    time.sleep(0.1)"
    notebook("n.ipynb", source)
    run = jobs.run_now(jobs.from_notebook("n.ipynb").job_id)
    started(jobs, run.run_id)
    supervisor = jobs._ground.supervisor
    os.kill(supervisor.status().pid, signal.SIGKILL)
    until(lambda: not supervisor.status().running, what="the supervisor's end")
    supervisor.ensure()
    adopted = until(lambda: ws.journal.tail(actions=["job_run.adopted"]), what="the next supervisor")
    assert [event.subject for event in adopted] == [f"job_run:{run.run_id}"]
    (ws.root / "go").touch()
    done = run.wait(120)
    assert (done.result, len(done.tasks)) == ("SUCCESS", 1)


def test_a_lost_worker_is_noticed_its_kernel_ended_and_the_run_repeated_once(jobs, notebook, ws):
    notebook("n.ipynb", SLOW)
    run = jobs.run_now(jobs.from_notebook("n.ipynb").job_id)
    started(jobs, run.run_id)
    first, kernel = worker_pid(jobs, run.run_id), kernel_pid(jobs, run.run_id)
    os.kill(first, signal.SIGKILL)
    until(lambda: len(jobs.run(run.run_id).tasks) == 2, what="a second attempt")
    until(lambda: not alive(kernel), what="the kernel's end")
    started(jobs, run.run_id)
    assert worker_pid(jobs, run.run_id) != first
    os.kill(worker_pid(jobs, run.run_id), signal.SIGKILL)
    done = run.wait(120)
    assert (done.state, done.result, [t.code for t in done.tasks]) == ("INTERNAL_ERROR", "FAILED", ["WORKER_LOST"] * 2)
    assert "worker process is gone" in done.error
    assert jobs.cells(run.run_id)[0].state == "error"
    assert len(ws.journal.tail(actions=["job_run.worker_lost"])) == 2
    assert ws.journal.verify().ok


def test_cancel_interrupts_the_cell_and_keeps_what_it_printed(jobs, notebook):
    notebook("n.ipynb", SLOW, "print('never')")
    run = jobs.run_now(jobs.from_notebook("n.ipynb").job_id)
    until(lambda: any("1" in (c.outputs_text or "") for c in jobs.cells(run.run_id)), what="the second line")
    done = run.cancel().wait(120)
    assert (done.state, done.result, done.message) == ("TERMINATED", "CANCELED", "The run was canceled.")
    copy = nbformat.read(jobs.notebook(run.run_id), as_version=4)
    assert copy.cells[0].outputs[0].text.startswith("0\n1\n")
    assert copy.cells[1].outputs == []
    assert jobs.cancel(run.run_id).state == "TERMINATED"


def test_runs_wait_for_room_and_a_waiting_one_can_be_canceled(jobs, notebook, ws):
    notebook("n.ipynb", SLOW)
    job = jobs.from_notebook("n.ipynb")
    first, second = jobs.run_now(job.job_id, start=False), jobs.run_now(job.job_id, start=False)
    assert (first.state, second.state) == ("PENDING", "QUEUED")
    settings = {"name": "no queue", "tasks": [t.model_dump(exclude_none=True) for t in job.settings.tasks]}
    other = jobs.create(settings)
    jobs.run_now(other.job_id, start=False)
    skipped = jobs.run_now(other.job_id, start=False)
    assert (skipped.state, skipped.tasks) == ("SKIPPED", [])
    assert ws.journal.tail(actions=["job.skipped"])
    for run in (first, second):
        assert jobs.cancel(run.run_id).result == "CANCELED"
    with pytest.raises(Exception, match="has no notebook"):
        jobs.notebook(skipped.run_id)


def test_a_worker_that_was_given_up_for_lost_changes_nothing(jobs, notebook):
    from mlnb.core.processes import current_process
    from mlnb.jobs.store import Ending

    notebook("n.ipynb", "1")
    run = jobs.run_now(jobs.from_notebook("n.ipynb").job_id, start=False)
    store, task = jobs._store, run.task.run_id
    assert store.reserve(task, "a", 10**15)
    assert not store.reserve(task, "b", 10**15)
    assert not store.start(task, "b", current_process(), 10**15)
    assert store.start(task, "a", current_process(), 10**15)
    assert not store.start(task, "a", current_process(), 10**15)
    assert store.beat(task, "b", 10**15, 1, None) == "lost"
    assert not store.finish(task, Ending("TERMINATED", "SUCCESS"), worker_id="b")
    assert store.finish(task, Ending("TERMINATED", "SUCCESS"), worker_id="a")
    assert not store.finish(task, Ending("TERMINATED", "FAILED"), worker_id="a")
    assert jobs.run(run.run_id).result == "SUCCESS"


def test_whoever_sees_that_a_run_is_over_sees_no_progress_of_before(jobs, notebook, monkeypatch):
    from mlnb.core.processes import current_process
    from mlnb.jobs.store import Ending
    from mlnb.jobs.worker import Worker

    notebook("n.ipynb", "1")
    run = jobs.run_now(jobs.from_notebook("n.ipynb").job_id, start=False)
    ground, store, task = jobs._ground, jobs._store, run.task.run_id
    assert store.reserve(task, "a", 10**15)
    assert store.start(task, "a", current_process(), 10**15)
    told = []
    monkeypatch.setattr(ground.progress, "put", lambda *said: told.append((said[1], ground.metastore.in_transaction)))
    assert Worker(ground, task, "a")._finish(store.row(task), Ending("TERMINATED", "SUCCESS"))
    assert told == [("success", True)]
