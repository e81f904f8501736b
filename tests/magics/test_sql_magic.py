"""``%%sql``: several statements, what the rows become, the plan, progress, and errors that mark the word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from mlnb.core.errors import MlnbError


@pytest.fixture
def shell(ws: Any) -> Iterator[Any]:
    """An IPython shell with the extension loaded, on a workspace with one table."""
    from IPython.core.interactiveshell import InteractiveShell

    ws.catalog.write("main.default.t", pd.DataFrame({"id": [1, 2, 3]}))
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "mlnb")
    yield made
    made.run_line_magic("unload_ext", "mlnb")
    InteractiveShell.clear_instance()


def test_a_cell_may_hold_several_statements(shell: Any) -> None:
    cell = "CREATE TABLE u AS SELECT * FROM t WHERE id > :low;\nSELECT count(*) AS n FROM u"
    shell.user_ns["low"] = 1
    result = shell.run_cell_magic("sql", "counted <<", cell)
    assert result.rows() == [{"n": 2}]
    assert shell.user_ns["counted"]["n"].tolist() == shell.user_ns["_sqldf"]["n"].tolist() == [2]


def test_rows_become_what_is_asked_for(shell: Any) -> None:
    import pyarrow as pa

    shell.run_cell_magic("sql", "--to arrow --quiet", "SELECT * FROM t")
    assert isinstance(shell.user_ns["_sqldf"], pa.Table)


def test_the_plan_says_which_files_are_read_and_runs_nothing(shell: Any, ws: Any) -> None:
    plan = repr(shell.run_cell_magic("sql", "--plan", "SELECT max(id) FROM t WHERE id > 1"))
    assert plan.startswith("main.default.t version 0: 1 of 1 files")
    shell.user_ns["low"] = 1
    assert "1 of 1 files" in repr(shell.run_cell_magic("sql", "--plan", "SELECT max(id) FROM t WHERE id > :low"))
    with pytest.raises(MlnbError):
        shell.run_cell_magic("sql", "--plan", "DROP TABLE t")
    assert ws.catalog.exists("t")


def test_widgets_of_sql_are_parameters_of_later_cells(shell: Any) -> None:
    shell.run_cell_magic("sql", "", "CREATE WIDGET TEXT wanted DEFAULT '2'")
    assert len(shell.run_cell_magic("sql", "", "SELECT * FROM t WHERE id = CAST(:wanted AS INT)")) == 1


def test_an_error_marks_the_word_in_the_cell(shell: Any) -> None:
    with pytest.raises(MlnbError) as caught:
        shell.run_cell_magic("sql", "", "SELECT id,\n  idd\nFROM t")
    lines = caught.value._render_traceback_()
    assert lines[1:3] == ["      idd", "      ^^^"]


def test_a_long_statement_shows_a_bar(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlnb.catalog.sql import running

    shown: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda item, **_: shown.append(item.data))
    monkeypatch.setattr(running, "QUIET_S", 0.05)
    shell.run_cell_magic("sql", "--quiet", "SELECT sum(a % 7) AS s FROM range(400000000) AS r(a)")
    assert shown
    assert "<progress" in shown[0]
