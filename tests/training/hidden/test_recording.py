"""What a run keeps of the cells before it, in a real shell and a real workspace."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlnb.training.hidden.recording import UnreadableRecordError
from mlnb.training.recording.artifacts import local_folder
from mlnb.training.records_replay import NotReproducibleError

Cells = dict[str, str]


@pytest.fixture
def book(ws: Any, shell: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Cells], Callable[..., Any]]:
    """Write a notebook's file; returns what executes its cells by name."""
    monkeypatch.setenv("MLNB_NOTEBOOK", "work.ipynb")

    def write(cells: Cells) -> Callable[..., Any]:
        nodes = [
            {"cell_type": "code", "id": name, "source": source, "metadata": {}, "outputs": [], "execution_count": None}
            for name, source in cells.items()
        ]
        text = json.dumps({"cells": nodes, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        (Path(ws.root) / "work.ipynb").write_text(text)

        def run(*names: str) -> Any:
            results = [shell.run_cell(cells[name], store_history=True, cell_id=name) for name in names]
            return results[-1]

        return run

    return write


CELLS = {"a": "x = 1", "b": "x = 5", "run": "%%mlrun --name r\ny = x\n{'y': y}"}


def test_a_run_keeps_the_executed_cells_and_its_mark(ws: Any, book: Any) -> None:
    run = book(CELLS)
    assert run("a", "b", "run").success
    source = ws.runs.source("r")
    assert (source.reproducible, source.reasons, source.stale, source.has_notebook) == ("clean", [], False, True)
    mine = [cell for cell in source.cells if cell.cell_id in CELLS]
    assert [(cell.cell_id, cell.standing, cell.document_position, cell.in_closure) for cell in mine] == [
        ("a", "same", 0, False),
        ("b", "same", 1, True),
        ("run", "same", 2, True),
    ]
    assert mine[-1].is_run
    assert source.closure == [mine[1].position, mine[2].position]
    assert source.notebook_path == "work.ipynb"
    assert source.cell == "y = x\n{'y': y}\n"
    assert ws.runs.get("r").tags["mlnb.reproducible"] == "clean"
    assert [cell["id"] for cell in ws.runs.notebook("r")["cells"]] == list(CELLS)


def test_a_run_out_of_order_says_so_below_the_cell(ws: Any, book: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run = book(CELLS)
    assert run("b", "a", "run").success
    assert ws.runs.get("r").tags["mlnb.reproducible"] == "out_of_order"
    assert "Not reproducible from top to bottom." in capsys.readouterr().out
    assert "“x = 5”" in ws.runs.source("r").reasons[0]


def test_strict_refuses_before_anything_happens(ws: Any, book: Any, shell: Any) -> None:
    cells = {**CELLS, "run": "%%mlrun --name r --strict\ntouched = x"}
    run = book(cells)
    result = run("b", "a", "run")
    assert isinstance(result.error_in_exec, NotReproducibleError)
    assert "out_of_order" in result.error_in_exec.message
    assert "touched" not in shell.user_ns
    assert not ws.runs.search().ids
    assert run("a", "b", "run").success


def test_a_notebook_that_was_not_saved_is_not_judged(ws: Any, book: Any, shell: Any) -> None:
    run = book(CELLS)
    run("a")
    shell.run_cell("%%mlrun --name other\nz = x + 1", store_history=True, cell_id="run")
    source = ws.runs.source("other")
    assert source.stale
    assert source.reproducible == "unknown"
    assert "save it" in source.reasons[0]


def test_tables_that_earlier_cells_read_belong_to_the_run(ws: Any, book: Any, table: str) -> None:
    cells = {
        "load": f"import mlnb\nws = mlnb.workspace()\nrows = ws.catalog.read('{table}')",
        "part": "n = len(rows)",
        "run": "%%mlrun --name r\n{'n': n}",
    }
    assert book(cells)("load", "part", "run").success
    assert [(item.name, item.version, item.observed) for item in ws.runs.get("r").data] == [(table, 0, False)]
    (load,) = [cell for cell in ws.runs.source("r").cells if cell.cell_id == "load"]
    assert [(use.direction, use.name, use.version) for use in load.tables] == [("read", table, 0)]
    assert [pin.owner for pin in ws.catalog.pins(table)] == [f"run:{ws.runs.resolve('r')}"]


def test_a_cell_with_any_character_is_read_back_and_a_file_that_was_changed_is_said_to_be(ws: Any, book: Any) -> None:
    run = book({"a": "x = 'one\u2028two\x85'", "b": "%%mlrun\ny = x"})
    run("a", "b")
    (found,) = ws.runs.search().ids
    assert "x = 'one\u2028two\x85'" in [cell.source for cell in ws.runs.source(found).cells]
    assert ws.runs.diff(found, found).cells
    for text in ("[" * 100_000, "[1]", '{"position": "a"}', "\0"):
        ws.runs.write_artifacts(found, {"mlnb/executed.jsonl": text})
        with pytest.raises(UnreadableRecordError, match=r"mlnb/executed\.jsonl"):
            ws.runs.source(found)
        assert any("cannot be read" in note for note in ws.runs.diff(found, found).notes)
    for text in (
        "[" * 100_000,
        "[]",
        '{"cells": [1]}',
        '{"cells": [{"source": 1}], "metadata": {}, "nbformat": 4}',
        "{",
    ):
        ws.runs.write_artifacts(found, {"mlnb/notebook.ipynb": text})
        with pytest.raises(UnreadableRecordError, match=r"mlnb/notebook\.ipynb"):
            ws.runs.notebook(found)
    file = local_folder(ws.tracking.client().get_run(found).info.artifact_uri) / "mlnb/executed.jsonl"
    os.truncate(file, 2**40)  # of no bytes on the disk
    with pytest.raises(UnreadableRecordError):
        ws.runs.source(found)
    assert any("too large" in note for note in ws.runs.diff(found, found).notes)
    ws.runs.write_artifacts(found, {"mlnb/executed.jsonl": "", "mlnb/reproducible.json": "[]"})
    assert ws.runs.source(found).cells == []


def test_what_is_no_notebook_has_no_source(ws: Any) -> None:
    with ws.runs.start("plain"):
        pass
    source = ws.runs.source("plain")
    assert (source.cells, source.reproducible, source.has_notebook) == ([], "unknown", False)
