from typing import Any

import pytest

from mlnb.display import html_of
from mlnb.display.catalog import progress_html
from mlnb.magics.base import UsageError


@pytest.fixture
def orders(ws: Any) -> str:
    (ws.root / "data").mkdir()
    rows = "".join(f"{i},0{i:04d},<b>{i}\n" for i in range(60))
    (ws.root / "data" / "my orders.csv").write_text("id,zip,note\n" + rows + "x,00001,bad\n")
    return "'data/my orders.csv'"


def test_a_file_is_looked_at_and_loaded(shell: Any, ws: Any, orders: str) -> None:
    plan = shell.run_line_magic("ingest", f"{orders} --preview --as main.default.orders")
    assert (plan.num_rows, plan.rejected) == (60, 1)
    page = html_of(plan)
    for part in (
        "leading zeros",
        "1 rejected",
        "is no whole number",
        "&lt;b&gt;0",
        "00000",
        "main.default.orders (new)",
    ):
        assert part in page, part
    assert "<b>0" not in page
    assert not ws.catalog.exists("main.default.orders")
    report = shell.run_line_magic("ingest", f"{orders} --as main.default.orders --type note=string")
    assert (report.rows, report.rejected) == (60, 1)
    assert shell.user_ns["_ingest"] is report
    assert "_rejected_orders" in html_of(report)
    assert "skipped" in html_of(shell.run_line_magic("ingest", f"{orders} --as main.default.orders"))


def test_a_refused_load_is_shown_as_such(shell: Any, orders: str) -> None:
    plan = shell.run_line_magic("ingest", f"{orders} --preview --max-rejects 0")
    assert "would be refused" in html_of(plan)
    assert "allowed" in html_of(plan)


def test_a_frame_of_the_notebook_is_loaded(shell: Any, ws: Any) -> None:
    shell.run_cell("import pandas as pd; frame = pd.DataFrame({'a': [1, 2]})")
    assert shell.run_line_magic("ingest", "frame --as main.default.t").rows == 2


def test_wrong_lines_are_explained(shell: Any, orders: str) -> None:
    from mlnb.magics import spec
    from mlnb.magics.complete import complete_line

    for line in (orders, f"{orders} --as t --type zip", "--as t"):
        with pytest.raises(UsageError) as wrong:
            shell.run_line_magic("ingest", line)
        assert wrong.value.hint
    assert complete_line(spec("ingest"), "%ingest da", "da") == ["data/"]
    assert "--merge-schema" in complete_line(spec("ingest"), "%ingest a.csv --m", "--m")


def test_progress_is_a_bar_with_words() -> None:
    assert "50%" in progress_html(5, 10, "Loading <a>")
    assert "&lt;a&gt;" in progress_html(5, 0, "Loading <a>")
