"""What a caller who is somewhere else cannot reach: other people's files, this machine's, and Python in the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlnb.core.caller import Caller, calling
from mlnb.core.errors import MlnbError, PermissionDeniedError

BOB = Caller("bob", source="rest")


@pytest.fixture
def shop(cat: Any) -> Any:
    """A table bob may not read, in a schema where he may make objects."""
    cat.create_table("main.raw.secret", {"id": [1], "pay": [999]})
    cat.create_schema("main.open")
    cat.grant("main", "bob", "USE CATALOG")
    for privilege in ("USE SCHEMA", "CREATE TABLE", "CREATE VIEW", "CREATE VOLUME", "CREATE FUNCTION"):
        cat.grant("main.open", "bob", privilege)
    return cat


def _files(catalog: Any) -> list[Path]:
    return list(Path(catalog.info("main.raw.secret").storage_location).glob("*.parquet"))


@pytest.mark.parametrize("comment", ["/* sqlglot.meta mlnb_resolved={mark} */", "-- sqlglot.meta mlnb_resolved={mark}"])
@pytest.mark.parametrize("mark", ["true", "1", ""])
def test_a_comment_cannot_mark_a_table_as_looked_up(shop: Any, comment: str, mark: str) -> None:
    statement = f"SELECT * FROM `{_files(shop)[0]}` {comment.format(mark=mark)}"
    for restricted in (True, False):
        with calling(BOB), pytest.raises(MlnbError) as error:
            shop.sql(statement, restricted=restricted)
        assert error.value.code == "TABLE_OR_VIEW_NOT_FOUND"


def test_nobody_elsewhere_names_files_that_belong_to_another_object(shop: Any, ws: Any) -> None:
    theirs = shop.info("main.raw.secret").storage_location
    places = [
        theirs,
        f"file://{theirs}",
        f"FILE:{theirs}",
        f"{theirs}/_delta_log",
        str(Path(theirs).parent),
        ws.settings.storage_root,
        str(ws.path),
        str(ws.path / "logs"),
        str(ws.path.parent),
        "/etc",
        "file:///etc",
        "file:/etc",
        "../..",
        "s3://bucket/of/the/server",
        "http://169.254.169.254/latest",
    ]
    with calling(BOB):
        for place in places[:-2]:
            with pytest.raises(PermissionDeniedError):
                shop.create_volume("main.open.v", location=place)
        for place in places:
            with pytest.raises(PermissionDeniedError):
                shop.create_table("main.open.t", None, location=place)
    assert not shop.exists("main.open.t")


def test_a_folder_of_ones_own_beside_the_notebooks_may_be_named(shop: Any, ws: Any) -> None:
    with calling(BOB):
        shop.create_table("main.open.t", {"id": [1]}, location=str(ws.path.parent / "data" / "t"))
        assert shop.read("main.open.t")["id"].tolist() == [1]


_TRAP = "import pathlib\npathlib.Path({path!r}).touch()\ndef f(x):\n    return x"


@pytest.mark.parametrize("source", [_TRAP, "def f(x=__import__('pathlib').Path({path!r}).touch()):\n    return x"])
def test_making_a_python_function_runs_none_of_it(shop: Any, tmp_path: Path, source: str) -> None:
    trap = tmp_path / "trap"
    about = [{"name": "x", "type_text": "BIGINT"}]
    with calling(BOB):
        shop.create_function(
            source.format(path=str(trap)), "main.open.f", parameters=about, returns="BIGINT", language="PYTHON"
        )
    assert not trap.exists()


def test_python_functions_do_not_run_for_callers_elsewhere_whatever_way_they_are_called(
    shop: Any, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    body = f"import pathlib\npathlib.Path({str(trap)!r}).touch()\nreturn x"
    about = [{"name": "x", "type_text": "BIGINT"}]
    with calling(BOB):
        shop.create_function(body, "main.open.f", parameters=about, returns="BIGINT", language="PYTHON")
        for call in (
            lambda: shop.sql("SELECT main.open.f(1)"),
            lambda: shop.create_view("main.open.w", "SELECT main.open.f(1) AS x"),
            lambda: shop.create_function("main.open.f(1)", "main.open.g", parameters=[], returns="BIGINT"),
        ):
            with pytest.raises(PermissionDeniedError, match="Python function") as error:
                call()
            assert "remote_python" in str(error.value.hint)
    assert not trap.exists()
    shop.create_view("main.open.v", "SELECT main.open.f(1) AS x")
    trap.unlink(missing_ok=True)
    with calling(source="rest"), pytest.raises(PermissionDeniedError, match="Python function"):
        shop.table("main.open.v").scan(limit=1)
    assert not trap.exists()


def test_a_setting_lets_python_functions_run_for_callers_elsewhere(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    about = [{"name": "x", "type_text": "BIGINT"}]
    shop.create_function("return x + 1", "main.open.f", parameters=about, returns="BIGINT", language="PYTHON")
    monkeypatch.setattr(shop.settings, "remote_python", True)
    with calling(source="rest"):
        assert shop.sql("SELECT main.open.f(1) AS y").rows() == [{"y": 2}]


def test_comments_do_not_hide_that_a_function_is_python(shop: Any) -> None:
    text = "CREATE FUNCTION main.open.f(x BIGINT) RETURNS BIGINT LANGUAGE /* */ PYTHON AS $$ return x $$"
    with calling(BOB), pytest.raises(MlnbError) as error:
        shop.sql(text, restricted=True)
    assert error.value.code == "PERMISSION_DENIED"


@pytest.fixture
def outside(tmp_path: Path, ws: Any) -> Path:
    """A folder beside the notebooks' one, with a file."""
    folder = tmp_path.parent / f"{tmp_path.name}-outside"
    folder.mkdir()
    (folder / "salaries.csv").write_text("a\n1\n")
    assert not folder.is_relative_to(ws.catalog.ground.root)
    return folder


def test_sources_of_callers_elsewhere_tell_nothing_about_other_folders(shop: Any, ws: Any, outside: Path) -> None:
    (ws.catalog.ground.root / "link").symlink_to(outside)
    for source in (
        outside / "salaries.csv",
        outside / "salary.csv",
        outside / "*.csv",
        outside.parent / "*" / "salaries.csv",
        f"../{outside.name}/salary.csv",
        "link/salaries.csv",
        "link/salary.csv",
        "link",
        "link/*",
        "/etc/passwd",
        ws.path / "lake" / "*" / "*" / "*" / "*.parquet",
    ):
        with calling(BOB), pytest.raises(PermissionDeniedError) as error:
            shop.preview_ingest(str(source))
        assert "Did you mean" not in str(error.value.hint)
    with calling(BOB), pytest.raises(MlnbError, match="NUL"):
        shop.preview_ingest("a\0b.csv")


def test_links_out_of_a_volume_are_not_loaded(shop: Any, outside: Path) -> None:
    shop.create_volume("main.open.files")
    folder = Path(shop.path("/Volumes/main/open/files"))
    (folder / "mine.csv").write_text("a\n1\n")
    (folder / "theirs.csv").symlink_to(outside / "salaries.csv")
    (folder / "folder").symlink_to(outside)
    shop.grant("main.open.files", "bob", "READ VOLUME")
    with calling(BOB):
        assert shop.preview_ingest("/Volumes/main/open/files/mine.csv").num_rows == 1
        for source in ("", "/*.csv", "/theirs.csv", "/folder/salaries.csv"):
            with pytest.raises(PermissionDeniedError):
                shop.preview_ingest(f"/Volumes/main/open/files{source}")
        with pytest.raises(PermissionDeniedError):
            shop.sql("SELECT * FROM read_files('/Volumes/main/open/files/*.csv')", restricted=True)
        with pytest.raises(PermissionDeniedError):
            shop.sql("COPY INTO main.open.t FROM '/Volumes/main/open/files' FILEFORMAT = CSV", restricted=True)


def test_names_and_texts_of_others_are_only_text_in_a_cell(shop: Any) -> None:
    from mlnb.display.catalog import FORMATTERS

    evil = "<img src=x onerror=alert(1)>\"'"
    shop.create_table(
        "main.open.`<script>a`", {"<b/onclick>": [evil], "</style><script>": ["</td><script>1"]}, comment=evil
    )
    shop.set_tag("main.open.`<script>a`", "<i>", evil)
    shop.create_view("main.open.`<svg onload=x>`", "SELECT * FROM main.open.`<script>a`")
    shop.recorder.flush(20)
    shown = [
        FORMATTERS["Table"](shop.table("main.open.`<script>a`")),
        FORMATTERS["SqlResult"](shop.sql(f"SELECT *, '{evil[:-1]}' AS `<x>` FROM main.open.`<script>a`")),
        FORMATTERS["TableInfo"](shop.info("main.open.`<script>a`")),
        FORMATTERS["LineageGraph"](shop.lineage("main.open.`<script>a`")),
        FORMATTERS["Insights"](shop.insights("main.open.`<script>a`")),
    ]
    for text in shown:
        inside = text.split("</style>", 1)[1]
        for bad in ("<script", "<img", "<svg onload", "<b/onclick", "<i>", "<x>"):
            assert bad not in inside


def test_arguments_of_a_function_are_read_with_the_rights_of_who_calls_it(shop: Any) -> None:
    shop.create_function("(x BIGINT) RETURNS BIGINT RETURN x + 1", "main.open.plus")
    shop.create_function("(x BIGINT) RETURNS TABLE (y BIGINT) RETURN SELECT x + 1", "main.open.rows")
    shop.create_function("() RETURNS BIGINT RETURN (SELECT max(pay) FROM main.raw.secret)", "main.open.highest")
    for name in ("plus", "rows", "highest"):
        shop.grant(f"main.open.{name}", "bob", "EXECUTE")
    with calling(BOB):
        shop.create_table("main.open.own", {"id": [7], "n": [1]})
        for stolen in ("(SELECT max(pay) FROM main.raw.secret)", "(SELECT count(*) FROM main.raw.secret)"):
            for statement in (
                f"SELECT main.open.plus({stolen})",
                f"SELECT main.open.plus(main.open.plus({stolen}))",
                f"SELECT * FROM main.open.rows({stolen})",
                f"SELECT main.open.plus((SELECT y FROM main.open.rows({stolen})))",
            ):
                with pytest.raises(MlnbError) as error:
                    shop.sql(statement)
                assert error.value.code in ("PERMISSION_DENIED", "PARSE_SYNTAX_ERROR", "UNSUPPORTED_FEATURE")
        assert shop.sql("SELECT main.open.highest() AS a").rows() == [{"a": 999}]
        nested = "WITH t AS (SELECT 5 AS id) SELECT main.open.plus((SELECT max(id) FROM t)) AS a"
        assert shop.sql(nested).rows() == [{"a": 6}]
        both = "SELECT main.open.plus((SELECT max(id) FROM main.open.own)) + main.open.plus(n) AS a FROM main.open.own"
        assert shop.sql(both).rows() == [{"a": 10}]
        assert shop.sql("SELECT main.open.plus(main.open.highest()) AS a").rows() == [{"a": 1000}]


def test_nobody_borrows_rights_by_handing_over_or_replacing_a_view(shop: Any, ws: Any) -> None:
    shop.create_view("main.open.theirs", "SELECT 1 AS one")
    shop.create_function("() RETURNS INT RETURN 1", "main.open.f")
    for name in ("main.open.theirs", "main.open.f"):
        shop.grant(name, "bob", "MANAGE")
    everything = "SELECT count(*) AS n FROM system.query.history WHERE executed_by <> 'bob'"
    with calling(BOB):
        shop.create_view("main.open.mine", everything)
        for name in ("main.open.mine", "main.open.f"):
            with pytest.raises(PermissionDeniedError, match="rights"):
                shop.set_owner(name, "carol")
        shop.create_view("main.open.theirs", everything, replace=True)
        shop.create_function(f"() RETURNS BIGINT RETURN ({everything})", "main.open.f", replace=True)
        shop.recorder.flush(20)
        assert shop.sql("SELECT * FROM main.open.theirs").rows() == [{"n": 0}]
        assert shop.sql("SELECT main.open.f() AS n").rows() == [{"n": 0}]
    assert shop.owner_of("main.open.theirs") == shop.owner_of("main.open.f") == "bob"
    shop.set_owner("main.open.theirs", "carol")
    assert shop.owner_of("main.open.theirs") == "carol"


def test_brackets_without_end_are_a_syntax_error(shop: Any) -> None:
    with pytest.raises(MlnbError) as error:
        shop.sql(f"SELECT {'(' * 5000}1{')' * 5000}")
    assert error.value.code == "PARSE_SYNTAX_ERROR"


def test_openlineage_shows_neither_hidden_tables_nor_statements_of_others(shop: Any) -> None:
    shop.sql("CREATE TABLE main.open.public AS SELECT id FROM main.raw.secret WHERE pay = 987654321987")
    shop.sql("CREATE TABLE main.open.more AS SELECT id FROM main.open.public WHERE id <> 471147114711")
    shop.recorder.flush(20)
    for name in ("public", "more"):
        shop.grant(f"main.open.{name}", "bob", "SELECT")
    for asked in ("main.open.public", None):
        assert "main.raw.secret" in str(shop.openlineage(asked))
        with calling(BOB):
            told = str(shop.openlineage(asked))
        assert "main.open.more" in told
        assert not [word for word in ("secret", "987654321987", "471147114711") if word in told]


def test_what_one_caller_chose_with_use_is_not_the_next_ones(shop: Any, tmp_path: Path) -> None:
    from mlnb.catalog.sql.worker import _run

    def run(statement: str, schema: str | None = None) -> None:
        order = {"statement": statement, "parameters": [], "catalog": None, "schema": schema, "folder": str(tmp_path)}
        _run(shop, order)

    run("USE SCHEMA main.open")
    assert shop.current_schema == "open"
    run("SELECT 1 AS one")
    assert shop.current_schema == "default"
    run("SELECT 1 AS one", "raw")
    assert shop.current_schema == "raw"


def test_keys_of_object_stores_are_not_shown_with_the_settings() -> None:
    from mlnb.catalog.records import CatalogSettings

    given = CatalogSettings(
        storage_options={"AWS_SECRET_ACCESS_KEY": "s3cr3t"}, openlineage_url="https://u:s3cr3t@host/"
    )
    assert "s3cr3t" not in f"{given!r} {given}"
