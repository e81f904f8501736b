"""The notebook from a messy CSV to a certified table runs as written and shows what its text promises."""

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

    folder = tmp_path_factory.mktemp("catalog")
    for name in ("orders.csv", "catalog_from_csv.ipynb"):
        shutil.copy(EXAMPLES / name, folder / name)
    done = folder / "done.ipynb"
    execute_notebook(
        folder / "catalog_from_csv.ipynb",
        done,
        cwd=folder,
        env={"MLNB_WORKSPACE": str(folder / ".mlnb")},
        timeout=1200,
    )
    return nbformat.read(done, 4)


def output(notebook: Any, cell_id: str, kind: str = "text/html") -> str:
    cell = next(cell for cell in notebook.cells if cell.id == cell_id)
    parts = [o.get("text") or o.get("data", {}).get(kind, "") for o in cell.outputs]
    return "".join(parts)


def test_what_does_not_fit_is_shown_before_and_kept_after_loading(executed: Any) -> None:
    assert "leading zeros" in output(executed, "preview")
    assert "twelve" in output(executed, "preview")
    for text in ("twelve", "31/02/2026", "200,15/03/2026,10115"):
        assert text in output(executed, "rejects")
    assert "loaded before" in output(executed, "again")


def test_a_rule_holds_and_a_mistake_is_undone(executed: Any) -> None:
    assert "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES" in output(executed, "rule")
    history = output(executed, "history")
    assert history.index("RESTORE") < history.index("UPDATE") < history.index("ADD CONSTRAINT")


def test_lineage_leads_back_to_the_file_and_certified_comes_first(executed: Any) -> None:
    assert "orders.csv" in output(executed, "lineage")
    assert "main.sales.orders.amount" in output(executed, "column")
    assert output(executed, "certify", "text/plain").startswith("['main.sales.orders'")
    assert output(executed, "outside", "text/plain") == "True"
