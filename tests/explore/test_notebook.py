"""The generated notebook: it runs in a kernel that does not know us, says what was found, and never holds a held-out row."""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

from mlnb.core.errors import AlreadyExistsError, InvalidParameterError
from mlnb.explore.notebook.writing import cells_of

REFUSE = "import sys\nsys.modules['mlnb'] = None"


def frame(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    delay = rng.exponential(20, rows)
    return pd.DataFrame(
        {
            "delay": delay,
            "distance": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(900, 100, rows)),
            'it\'s a "name"\\': rng.choice(["a", "b"], rows),
            "always": 1,
            "at": pd.date_range("2024-01-01", periods=rows, freq="6h"),
            "late": delay + rng.normal(0, 10, rows) > 30,
        }
    )


def test_the_notebook_runs_without_us_and_says_what_was_found(ws):
    path = ws.explore.notebook(frame(), "looks/first.ipynb", target="late", time_column="at")
    assert path == ws.files.root / "looks" / "first.ipynb"
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    source = "\n".join(cell.source for cell in book.cells)
    assert "import mlnb" not in source
    assert "CONSTANT" in source
    assert "Missing values" in source
    book.cells.insert(0, nbformat.v4.new_code_cell(REFUSE))
    NotebookClient(
        book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    pictures = [o for c in book.cells if c.cell_type == "code" for o in c.outputs if "image/png" in o.get("data", {})]
    assert len(pictures) >= 8


def test_an_existing_file_stays_unless_it_may_be_replaced(ws):
    made = ws.explore.profile(frame(), target="late")
    kept = ws.files.root / "a.ipynb"
    kept.write_text("mine")
    with pytest.raises(AlreadyExistsError):
        ws.explore.notebook(frame(), "a.ipynb", profile=made)
    assert kept.read_text() == "mine"
    assert not Path(ws.files.root / "a.parquet").exists()
    ws.explore.notebook(frame(), "a.ipynb", profile=made, overwrite=True)
    assert nbformat.read(kept, as_version=4).cells
    with pytest.raises(InvalidParameterError, match="not a notebook"):
        ws.explore.notebook(frame(), "a.txt", profile=made)


def test_held_out_rows_are_in_neither_the_notebook_nor_its_file(ws):
    rows = pd.DataFrame({"id": range(500), "x": [f"canary-{i}" for i in range(500)], "y": [i % 2 for i in range(500)]})
    ws.catalog.create_table("main.default.t", rows)
    ws.scopes.holdouts.declare("main.default.t", key="id", fraction=0.2)
    path = ws.explore.notebook("main.default.t", "held.ipynb", target="y")
    kept = pd.read_parquet(path.with_suffix(".parquet"))
    assert 300 < len(kept) < 480
    text = path.read_text()
    missing = set(rows.x) - set(kept.x)
    assert missing
    assert not any(f'"{value}"' in text or f"'{value}'" in text for value in missing)
    assert "held out" in text


def test_a_loading_cell_takes_the_place_of_the_file(profile):
    cells = cells_of(profile(frame(), target="late"), "df = pd.read_csv('mine.csv')")
    assert any("df = pd.read_csv('mine.csv')" in text for kind, text in cells if kind == "code")
    for kind, text in cells:
        if kind == "code":
            compile(text, "cell", "exec")
