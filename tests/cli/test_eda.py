"""``mlnb eda``: the page as text, JSON and files; errors with a hint."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from mlnb.cli.main import cli
from mlnb.core.errors import MlnbError


@pytest.fixture
def flights(ws: Any) -> Any:
    """A table and a file."""
    frame = pd.DataFrame({"carrier": ["UA", "DL"] * 200, "delay": range(400)})
    frame["late"] = frame["delay"] > 300
    ws.catalog.create_table("main.default.flights", frame)
    frame.head(50).to_csv(ws.root / "flights.csv", index=False)
    return ws


def _run(*words: str) -> Any:
    return CliRunner().invoke(cli, ["eda", *words])


def test_a_table_is_printed_and_saved(flights: Any) -> None:
    shown = _run("main.default.flights", "--target", "late", "--html", "page.html", "--json", "page.json")
    assert shown.exit_code == 0, shown.output
    assert "main.default.flights" in shown.output
    assert (flights.root / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads((flights.root / "page.json").read_text())["rows"] == 400


def test_json_goes_to_the_terminal_without_a_file(flights: Any) -> None:
    shown = _run("flights.csv", "--columns", "carrier,delay", "--exclude", "delay", "--json")
    found = json.loads(shown.output)
    assert (found["rows"], [column["column_name"] for column in found["columns"]]) == (50, ["carrier"])


def test_the_same_version_is_answered_from_the_store_unless_asked_otherwise(flights: Any) -> None:
    ids = [json.loads(_run("main.default.flights", "--json", *more).output)["id"] for more in ([], [], ["--fresh"])]
    assert ids[0] == ids[1] != ids[2]
    assert [info.id for info in flights.explore.list("main.default.flights").items] == [ids[2]]  # in its place


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("main.default.nope",), "TABLE_OR_VIEW_NOT_FOUND"),
        (("main.default.flights", "--target", "lat"), "UNRESOLVED_COLUMN"),
        (("main.default.flights", "--where", "delay >"), "PARSE_SYNTAX_ERROR"),
        (("nope.csv",), "DATA_NOT_FOUND"),
        (("main.default.flights", "--scope", "nope"), "SCOPE_NOT_FOUND"),
    ],
)
def test_what_cannot_be_done_is_said(flights: Any, words: tuple[str, ...], code: str) -> None:
    found = _run(*words)
    assert isinstance(found.exception, MlnbError)
    assert found.exception.code == code


def test_a_wrong_sample_is_a_usage_error(flights: Any) -> None:
    found = _run("main.default.flights", "--sample", "many")
    assert found.exit_code == 2
    assert "many" in found.output
