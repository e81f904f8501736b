"""The catalog's routes, magic, commands and grids."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from mlnb.core.errors import MlnbError
from mlnb.server.catalog import ROUTES as SCREENS
from mlnb.server.operations import Incoming, perform
from mlnb.server.tree import ROUTES as TREE
from mlnb.server.unity import ROUTES as PLATFORM
from mlnb.server.unity_tables import ROUTES as TABLES

Get = Callable[..., Any]


@pytest.fixture
def filled(cat: Any) -> Any:
    data = pa.table(
        {
            "id": pa.array(range(5), pa.int64()),
            "big": pa.array([2**60, 1, None, 3, 4], pa.int64()),
            "f": [1.5, float("nan"), float("inf"), None, -2.0],
            "name": ["a", "<b>", None, "d", "e"],
            "day": pa.array([0, 1, None, 3, 19_800], pa.date32()),
            "ts": pa.array([0, 1_000_000, None, 3_000_000, 4_000_000], pa.timestamp("us", "UTC")),
            "tags": [["x"], [], None, ["y", None], ["z"]],
        }
    )
    cat.create_table("main.raw.t", data, primary_key=["id"], timeseries="ts", comment="five rows")
    cat.append("main.raw.t", data.slice(0, 1))
    return cat


@pytest.fixture
def get(ws: Any, filled: Any) -> Get:
    """Ask a route as the server does; returns the parsed JSON."""
    from mlnb.server.router import Router

    router = Router([*PLATFORM, *TABLES, *TREE, *SCREENS])

    def get(path: str, **query: Any) -> Any:
        match = router.find("GET", path)
        values = {
            key: [str(item) for item in value] if isinstance(value, list) else [str(value)]
            for key, value in query.items()
        }
        answer = perform(match.route, ws, Incoming("GET", path, match.params, values), max_json_bytes=1 << 20)
        return json.loads(answer.body)

    return get


UNITY = "/api/2.1/unity-catalog"
NATIVE = "/api/1.0"


def test_the_platforms_lists(get: Get) -> None:
    assert [item["name"] for item in get(f"{UNITY}/catalogs")["catalogs"]] == ["main"]
    schemas = get(f"{UNITY}/schemas", catalog_name="main", max_results=1)
    assert [item["full_name"] for item in schemas["schemas"]] == ["main.default"]
    rest = get(f"{UNITY}/schemas", catalog_name="main", max_results=1, page_token=schemas["next_page_token"])
    assert ([item["full_name"] for item in rest["schemas"]], "next_page_token" in rest) == (["main.raw"], False)
    table = get(f"{UNITY}/tables", catalog_name="main", schema_name="raw", newer_clients="send more")["tables"][0]
    assert (table["full_name"], table["table_type"], table["data_source_format"]) == ("main.raw.t", "MANAGED", "DELTA")
    assert table["table_constraints"] == [
        {"primary_key_constraint": {"name": "t_pk", "child_columns": ["id", "ts"], "timeseries_columns": ["ts"]}}
    ]
    assert json.loads(table["columns"][0]["type_json"])["type"] == "long"
    assert (
        "columns"
        not in get(f"{UNITY}/tables", catalog_name="main", schema_name="raw", omit_columns="true")["tables"][0]
    )


def test_the_platforms_single_objects(get: Get) -> None:
    assert get(f"{UNITY}/catalogs/main")["owner"]
    assert get(f"{UNITY}/schemas/main.raw")["catalog_name"] == "main"
    assert get(f"{UNITY}/tables/main.raw.t")["table_id"]
    assert get(f"{UNITY}/tables/main.raw.t/exists") == {"table_exists": True}
    assert get(f"{UNITY}/tables/main.raw.nope/exists") == {"table_exists": False}
    for path, code in (
        ("catalogs/nope", "CATALOG_NOT_FOUND"),
        ("schemas/main.nope", "SCHEMA_NOT_FOUND"),
        ("tables/main.raw.nope", "TABLE_OR_VIEW_NOT_FOUND"),
    ):
        with pytest.raises(MlnbError) as error:
            get(f"{UNITY}/{path}")
        assert error.value.code == code


def test_the_tree_opens_level_by_level(get: Get) -> None:
    assert get(f"{NATIVE}/tree")["nodes"] == [
        {"address": "mlnb:catalog/main", "name": "main", "kind": "catalog", "children": True}
    ]
    assert [node["address"] for node in get(f"{NATIVE}/tree", parent="main")["nodes"]] == [
        "mlnb:schema/main.default",
        "mlnb:schema/main.raw",
    ]
    assert get(f"{NATIVE}/tree", parent="main.raw")["nodes"] == [
        {
            "address": "mlnb:table/main.raw.t",
            "name": "t",
            "kind": "table",
            "children": False,
            "comment": "five rows",
            "num_rows": 6,
        }
    ]
    with pytest.raises(MlnbError):
        get(f"{NATIVE}/tree", parent="main.raw.t")


def test_a_tables_page(get: Get) -> None:
    page = get(f"{NATIVE}/tables/main.raw.t")
    assert (page["version"], page["num_rows"], page["primary_key"], page["timeseries"]) == (1, 6, ["id", "ts"], "ts")
    assert {column["name"]: column.get("key") for column in page["columns"] if column.get("key")} == {
        "id": "primary",
        "ts": "timeseries",
    }
    history = get(f"{NATIVE}/tables/main.raw.t/history", limit=1)
    assert [(commit["version"], commit["user"], commit["operation"]) for commit in history["commits"]] == [
        (1, "ada", "WRITE")
    ]


def test_a_preview_is_a_block_of_columns(get: Get) -> None:
    block = get(f"{NATIVE}/tables/main.raw.t/preview", version=0)
    values = {column["key"]: column["values"] for column in block["columns"]}
    assert (block["total"], block["offset"], block["ids"], block["version"]) == (5, 0, ["0", "1", "2", "3", "4"], 0)
    assert values["big"] == [str(2**60), 1, None, 3, 4]
    assert values["f"] == [1.5, "NaN", "Infinity", None, -2.0]
    assert values["day"] == [0, 86_400_000, None, 3 * 86_400_000, 19_800 * 86_400_000]
    assert values["ts"] == [0, 1000, None, 3000, 4000]
    assert values["tags"] == [["x"], [], None, ["y", None], ["z"]]
    assert {column["key"]: column["type"] for column in block["columns"]}["tags"] == "array<string>"
    narrow = get(
        f"{NATIVE}/tables/main.raw.t/preview",
        version=0,
        columns=["name", "id"],
        sort="-id",
        limit=2,
        offset=1,
        where="id < 4",
    )
    assert narrow["total"] == 4
    assert {column["key"]: column["values"] for column in narrow["columns"]} == {"name": [None, "<b>"], "id": [2, 1]}
    for query, code in (
        ({"where": "idd = 1"}, "UNRESOLVED_COLUMN"),
        ({"where": "id ="}, "PARSE_SYNTAX_ERROR"),
        ({"where": "id = 1) UNION SELECT (1"}, "PARSE_SYNTAX_ERROR"),
        ({"sort": "nope"}, "UNRESOLVED_COLUMN"),
        ({"columns": ["nope"]}, "UNRESOLVED_COLUMN"),
        ({"version": 9}, "VERSION_NOT_FOUND"),
        ({"limit": 501}, "INVALID_PARAMETER_VALUE"),
        ({"offset": 100_000}, "INVALID_PARAMETER_VALUE"),
    ):
        with pytest.raises(MlnbError) as error:
            get(f"{NATIVE}/tables/main.raw.t/preview", **query)
        assert error.value.code == code, query


# -- magic ----------------------------------------------------------------------------------------------------------------


def magic(ws: Any, line: str, cell: str | None = None, **variables: Any) -> tuple[Any, dict[str, Any]]:
    from mlnb.magics.base import MagicCall
    from mlnb.magics.run import parse
    from mlnb.magics.sql import MAGICS

    spec = MAGICS[0]
    namespace = dict(variables)
    shell: Any = SimpleNamespace(user_ns=namespace)
    return spec.run(MagicCall(ws=ws, args=parse(spec, line), cell=cell, shell=shell)), namespace


def test_the_magic_returns_rows_and_keeps_them(ws: Any, filled: Any) -> None:
    shown, names = magic(ws, "", "SELECT id FROM main.raw.t@v0 WHERE id >= :low\nORDER BY id", low=3)
    assert shown.rows() == [{"id": 3}, {"id": 4}]
    assert names["_sqldf"]["id"].tolist() == [3, 4]
    shown, names = magic(ws, "top << ", "SELECT id FROM mine", mine=pd.DataFrame({"id": [9]}))
    assert (names["top"]["id"].tolist(), shown.num_rows) == ([9], 1)
    shown, names = magic(ws, '--limit 2 few << SELECT "it\'s" AS s FROM main.raw.t')
    assert names["few"]["s"].tolist() == ["it's", "it's"]
    assert magic(ws, "--quiet", "SELECT 1")[0] is None
    assert magic(ws, "--params '{\"n\": 7}' SELECT :n AS n", n=1)[0].rows() == [{"n": 7}]


@pytest.mark.parametrize(
    ("line", "cell", "code"),
    [
        ("", None, "INVALID_PARAMETER_VALUE"),
        ("--params nonsense SELECT 1", None, "INVALID_PARAMETER_VALUE"),
        ("--nope SELECT 1", None, "INVALID_PARAMETER_VALUE"),
        ("", "SELECT * FROM main.raw.nope", "TABLE_OR_VIEW_NOT_FOUND"),
        ("", "SELECT nope FROM main.raw.t", "UNRESOLVED_COLUMN"),
        ("", "SELECT :nope", "UNBOUND_SQL_PARAMETER"),
    ],
)
def test_the_magics_errors_have_code_and_hint(ws: Any, filled: Any, line: str, cell: str | None, code: str) -> None:
    with pytest.raises(MlnbError) as error:
        magic(ws, line, cell)
    assert error.value.code == code
    assert error.value.hint
    lines = error.value._render_traceback_()
    # The word meant is marked where the statement says it.
    assert len(lines) == (4 if "nope" in (cell or "") and ":nope" not in (cell or "") else 2)


def test_names_complete_level_by_level(ws: Any, filled: Any) -> None:
    from mlnb.magics.complete import complete_line
    from mlnb.magics.names import table_names
    from mlnb.magics.sql import MAGICS

    found = [list(table_names(ws, prefix)) for prefix in ("ma", "main.r", "main.raw.")]
    assert found == [["main."], ["main.raw."], ["main.raw.t"]]
    assert complete_line(MAGICS[0], "%sql SELECT * FROM main.raw.", "") == ["t"]
    assert complete_line(MAGICS[0], "%sql --li", "--li") == ["--limit"]


# -- commands -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(ws: Any, filled: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    from mlnb.cli.main import main

    def run(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            main(list(arguments))
        except SystemExit as leave:
            code = int(leave.code or 0)
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def test_sql_on_the_command_line(run: Any) -> None:
    code, out, _ = run("sql", "SELECT id, name FROM main.raw.t@v0 WHERE id < :n ORDER BY id", "-p", "n=2", "--json")
    assert (code, json.loads(out)) == (0, [{"id": 0, "name": "a"}, {"id": 1, "name": "<b>"}])
    code, out, _ = run("sql", "SELECT id FROM main.raw.t", "--limit", "2")
    assert "4 more rows" in out
    code, _, err = run("sql", "SELECT nam FROM main.raw.t")
    assert (code, "UNRESOLVED_COLUMN" in err, "Did you mean name?" in err) == (1, True, True)


def test_catalog_and_ingest_on_the_command_line(run: Any, write: Any) -> None:
    assert json.loads(run("catalog", "ls", "main.raw", "--json")[1])[0]["name"] == "t"
    assert "five rows" in run("catalog", "describe", "main.raw.t")[1]
    assert json.loads(run("catalog", "describe", "main.raw.t", "--json")[1])["version"] == 1
    assert [row["version"] for row in json.loads(run("catalog", "history", "main.raw.t", "--json")[1])] == [1, 0]
    path = str(write("a.csv", "zip,v\n00501,1\n00502,2\n"))
    code, out, _ = run("ingest", path, "--as", "main.raw.new")
    assert (code, "2 rows into main.raw.new" in out, "leading zeros" in out) == (0, True, True)
    assert "loaded before" in run("ingest", path, "--as", "main.raw.new")[1]
    assert (
        json.loads(run("ingest", path, "--as", "main.raw.num", "--type", "zip=bigint", "--json")[1])["columns"][0][
            "type"
        ]
        == "bigint"
    )
    code, _, err = run("ingest", "/nowhere.csv", "--as", "main.raw.new")
    assert (code, "PATH_NOT_FOUND" in err) == (1, True)


# -- display --------------------------------------------------------------------------------------------------------------


def test_a_grid_shows_types_counts_and_escapes(filled: Any) -> None:
    from mlnb.display import html_of

    shown = html_of(filled.sql("SELECT id, name, f, ts FROM main.raw.t@v0 ORDER BY id")) or ""
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert 'class="type">bigint' in shown
    assert "5 rows" in shown
    assert "main.raw.t@v0" in shown
    assert "1970-01-01 00:00:01" in shown
    assert shown.count(">null<") == 3
    assert "--jp-" in shown
    assert not re.search(r"(?<!-)color:\s*#", shown.replace("var(", "")) or "var(--jp" in shown


def test_a_large_result_is_cut_and_counted(filled: Any) -> None:
    from mlnb.display import html_of

    shown = html_of(filled.sql("SELECT range AS a, repeat('x', 2000) AS s FROM range(5000)")) or ""
    assert 0 < len(shown.encode()) < 100_000
    assert re.search(r"5,000 rows, the first \d+ shown", shown)
    assert "5,000 rows, the first 100 shown" in (html_of(filled.sql("SELECT range AS a FROM range(5000)")) or "")
    wide = html_of(filled.sql(f"SELECT {', '.join(f'{i} AS c{i}' for i in range(80))}")) or ""
    assert "80 columns, the first 60 shown" in wide


def test_writes_tables_and_loads_show_themselves(filled: Any, write: Any) -> None:
    from mlnb.display import html_of

    assert "1 row written" in (html_of(filled.sql("INSERT INTO main.raw.t (id) SELECT 77")) or "")
    assert "five rows" in (html_of(filled.table("main.raw.t")) or "")
    loaded = html_of(filled.ingest(write("a.csv", "zip\n00501\n"), "main.raw.new")) or ""
    assert "leading zeros" in loaded


# -- cost -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "module", ["mlnb.catalog", "mlnb.catalog.service", "mlnb.catalog.names", "mlnb.catalog.records"]
)
def test_importing_the_catalog_loads_nothing_heavy(module: str) -> None:
    heavy = ["pandas", "numpy", "duckdb", "deltalake", "pyarrow", "sqlglot", "IPython", "jupyter_server", "mlflow"]
    code = f"import sys, {module}\nprint([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.strip() == "[]"
