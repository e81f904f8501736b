"""Which cells of a notebook come before a run in the background."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlnb.training.background.folder import log_part
from mlnb.training.background.notebook import CellNotSavedError, body_of, cells_above, setup_cells
from mlnb.training.background.plan import Plan, PlannedCell, notebook_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    cells = [
        new_code_cell("%load_ext mlnb", id="load", metadata={"tags": ["setup"]}),
        new_markdown_cell("# text", id="text"),
        new_code_cell("%%mlrun --name a\nmodel = 1", id="run"),
        new_code_cell("%%mlrun --background\nlong = 2", id="elsewhere"),
        new_code_cell("   ", id="blank"),
        new_code_cell("1/0", id="fails", metadata={"tags": ["raises-exception", "x"]}),
        new_code_cell("%%mlrun --background --with above\nprint(model)", id="mine"),
        new_code_cell("below = 1", id="below", metadata={"tags": ["setup"]}),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "n.ipynb")
    return tmp_path / "n.ipynb"


def test_the_code_cells_above_are_executed_and_runs_among_them_not_recorded_again(path: Path) -> None:
    found = cells_above(path, "mine")
    assert [(cell.cell_id, cell.source) for cell in found] == [
        ("load", "%load_ext mlnb"),
        ("run", "model = 1"),
        ("fails", "1/0"),
    ]
    assert found[-1].tags == ("raises-exception",)


def test_a_cell_of_a_host_without_ids_is_found_by_its_text(path: Path) -> None:
    assert len(cells_above(path, None, "print(model)\n")) == 3


def test_a_cell_that_is_not_in_the_file_is_refused_with_what_to_do(path: Path) -> None:
    with pytest.raises(CellNotSavedError) as raised:
        cells_above(path, "new", "something else")
    assert "Save the notebook" in (raised.value.hint or "")


def test_cells_tagged_setup_are_found_wherever_they_stand_but_not_the_cell_itself(path: Path) -> None:
    assert [cell.cell_id for cell in setup_cells(path)] == ["load", "below"]
    assert [cell.cell_id for cell in setup_cells(path, "below")] == ["load"]


def test_the_body_of_a_cell_is_without_its_magic() -> None:
    assert body_of("\n%%mlrun --name x\na = 1\nb") == "a = 1\nb"
    assert body_of("%%mlrunner\na") == "%%mlrunner\na"


def test_the_extension_is_loaded_silently_unless_a_cell_does_it() -> None:
    def kinds(*cells: PlannedCell, sent: bytes | None = None) -> list[str]:
        return [next(iter(cell.metadata["mlnb"])) for cell in notebook_of(Plan(cells, "0", sent=sent), "r" * 32).cells]

    run = PlannedCell("x", kind="run")
    assert kinds(run) == ["silent", "run"]
    assert kinds(PlannedCell("%load_ext mlnb"), run, sent=b"") == ["cell", "silent", "run"]
    made = notebook_of(Plan([run], "0"), "r" * 32)
    assert made.cells[-1].source == f"%%mlrun --as {'r' * 32}\nx"


@pytest.mark.parametrize("limit", range(1, 12))
def test_a_log_read_in_pieces_of_any_size_is_whole(limit: int) -> None:
    content = "aé€😀b\n".encode()
    offset, text = 0, ""
    while True:
        end = min(len(content), offset + max(limit, 4))
        part = log_part(content[offset:end], offset, len(content), done=True)
        assert part.next_offset > offset
        text, offset = text + part.text, part.next_offset
        if part.done:
            break
    assert text == "aé€😀b\n"


def test_a_character_that_is_still_being_written_is_left_for_the_next_part() -> None:
    content = "é".encode()[:1]
    part = log_part(content, 0, 1, done=False)
    assert (part.text, part.next_offset, part.done) == ("", 0, False)
