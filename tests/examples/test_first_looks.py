"""The notebook of first looks runs as written and shows what its text promises."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from mlnb.jobs.client import execute_notebook

    folder = tmp_path_factory.mktemp("looks")
    shutil.copy(EXAMPLES / "first_looks.ipynb", folder)
    done = folder / "done.ipynb"
    env = {"MLNB_WORKSPACE": str(folder / ".mlnb"), "MLNB_SERVER__SUPERVISOR": "false"}
    execute_notebook(folder / "first_looks.ipynb", done, cwd=folder, env=env, timeout=1200)
    assert (folder / "late_flights_eda.ipynb").exists()
    return nbformat.read(done, 4)


def output(notebook: Any, cell_id: str, kind: str = "text/plain") -> str:
    cell = next(cell for cell in notebook.cells if cell.id == cell_id)
    return "".join(o.get("text") or o.get("data", {}).get(kind, "") for o in cell.outputs)


def test_the_first_page_names_the_leaks_and_the_months_that_differ(executed: Any) -> None:
    page = output(executed, "eda")
    for told in ("LEAK_COPY", "dep_delay is dep_time - sched_dep_time", "LEAK_AFTER: arr_time", "2013-12", "held out"):
        assert told in page
    html = output(executed, "eda", "text/html")
    assert len(html.encode()) < 100_000
    assert "<script" not in html


def test_held_out_rows_are_nowhere_and_touching_them_is_counted(executed: Any) -> None:
    for cell in ("held", "plot-by", "plot-over"):
        assert "of 327,346 rows held out" in output(executed, cell)
    assert "held out" not in output(executed, "honest")
    assert "Counted as look 1 of 3" in output(executed, "careless")
    assert "1 of 3 looks taken" in output(executed, "looks")


def test_the_gate_blocks_by_name_and_lets_honest_inputs_pass(executed: Any) -> None:
    assert output(executed, "leakage").startswith("Blocked by arr_delay")
    assert output(executed, "inputs") == "No leak was found."
    assert "late = 1 in" in output(executed, "compare")
