"""Running one notebook in a real kernel: progress, output, failure, time limit, and the file that is never written."""

from __future__ import annotations

import os
import threading

import nbformat
import pytest
from jobs_helpers import make_notebook

from mlnb.jobs.client import NotebookFailedError, execute_notebook


def test_a_run_reports_each_cell_and_keeps_the_executed_copy(tmp_path):
    path = make_notebook(
        tmp_path / "n.ipynb", "#md # Load", "print(n)", "  ", "#md ## Sum", "n + 1", parameters="n = 1"
    )
    before = path.read_bytes()
    seen = []
    result = execute_notebook(path, tmp_path / "out" / "x.ipynb", parameters={"n": "41"}, on_progress=seen.append)
    assert (result.outcome, result.cells_done, result.cells_total) == ("SUCCESS", 4, 4)
    assert path.read_bytes() == before
    ends = [(p.index, p.title, p.state, p.cells_done, p.outputs_text) for p in seen if p.ended]
    assert ends == [
        (0, "", "done", 1, ""),
        (1, "", "done", 2, ""),
        (3, "Load", "done", 3, "41"),
        (6, "Sum", "done", 4, "42"),
    ]
    copy = nbformat.read(result.output_path, as_version=4)
    assert copy.cells[6].outputs[0].data["text/plain"] == "42"
    assert [p.name for p in result.output_path.parent.iterdir()] == ["x.ipynb"]


def test_output_shows_while_a_cell_runs_and_the_folder_is_the_notebooks(tmp_path):
    source = """import time, os
for i in range(600):
    print(i, flush=True)
    time.sleep(0.1)
    if os.path.exists('shown'):
        break
print(os.getcwd())"""
    path = make_notebook(tmp_path / "n.ipynb", source)
    seen, running = [], []

    def look(progress):
        seen.append(progress)
        if progress.state == "running" and progress.outputs_text:
            running.append(progress.outputs_text)
        if len(running) == 2:
            (tmp_path / "shown").touch()

    execute_notebook(path, tmp_path / "x.ipynb", on_progress=look)
    assert running[0].startswith("0")
    assert len(running[0]) < len(running[1]) < len(seen[-1].outputs_text)
    assert seen[-1].outputs_text.endswith(str(tmp_path))


def test_a_failing_cell_ends_the_run_and_what_ran_is_kept(tmp_path):
    path = make_notebook(tmp_path / "n.ipynb", "print('before')", "1 / 0", "print('never')")
    with pytest.raises(NotebookFailedError) as error:
        execute_notebook(path, tmp_path / "x.ipynb")
    assert error.value.code == "NOTEBOOK_FAILED"
    assert error.value.message == "Cell 2 failed: ZeroDivisionError: division by zero"
    assert str(tmp_path / "x.ipynb") in error.value.hint
    result = error.value.result
    assert (result.outcome, result.cells_done, result.failed_cell) == ("FAILED", 1, 1)
    assert "1 / 0" in result.error_trace
    copy = nbformat.read(tmp_path / "x.ipynb", as_version=4)
    assert copy.cells[0].outputs[0].text == "before\n"
    assert copy.cells[1].outputs[0].ename == "ZeroDivisionError"
    assert copy.cells[2].outputs == []


def test_a_time_limit_interrupts_and_a_dead_kernel_is_noticed(tmp_path):
    path = make_notebook(tmp_path / "n.ipynb", "import time\ntime.sleep(60)\nopen('slept', 'w').close()", "1")
    with pytest.raises(NotebookFailedError, match="its time was over") as error:
        execute_notebook(path, tmp_path / "x.ipynb", timeout=4)
    assert error.value.result.outcome == "TIMEDOUT"
    assert not (tmp_path / "slept").exists()
    path = make_notebook(tmp_path / "d.ipynb", "import os\nos._exit(3)")
    with pytest.raises(NotebookFailedError, match="the kernel died"):
        execute_notebook(path, tmp_path / "y.ipynb")


def test_it_also_runs_from_a_thread_with_a_loop_and_with_variables(tmp_path):
    import asyncio

    path = make_notebook(tmp_path / "n.ipynb", "import os\nos.environ['MLNB_TEST_VALUE']")
    found = []

    async def inside() -> None:
        found.append(execute_notebook(path, tmp_path / "x.ipynb", env={"MLNB_TEST_VALUE": "hi"}))

    thread = threading.Thread(target=lambda: asyncio.run(inside()))
    thread.start()
    thread.join(180)
    assert found[0].outcome == "SUCCESS"
    assert nbformat.read(tmp_path / "x.ipynb", as_version=4).cells[0].outputs[0].data["text/plain"] == "'hi'"
    assert "MLNB_TEST_VALUE" not in os.environ
