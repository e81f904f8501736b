"""Renaming, altering, dropping and bringing back: the same for every kind, and nothing is lost on the way."""

from __future__ import annotations

import pytest

from mlnb.catalog.errors import NameTakenError, SchemaNotFoundError, SqlError, TableNotFoundError
from mlnb.core.errors import InvalidParameterError, InvalidStateError


@pytest.fixture
def cat(ws):
    catalog = ws.catalog
    catalog.create_schema("main.raw")
    catalog.create_table("main.raw.t", {"id": [1, 2]})
    return catalog


def actions(ws, prefix):
    return [(e.action, e.subject) for e in ws.journal.tail(50) if e.action.startswith(prefix)]


def test_a_renamed_table_keeps_its_history_and_its_old_name_is_free(ws, cat):
    cat.append("main.raw.t", {"id": [3]})
    assert cat.rename("main.raw.t", "u") == "main.raw.u"
    assert [c.version for c in cat.history("main.raw.u")] == [1, 0]
    with pytest.raises(TableNotFoundError, match=r"no table main\.raw\.t"):
        cat.read("main.raw.t")
    cat.create_table("main.raw.t", {"x": [1]})
    assert sorted(i.name for i in cat.tables("main.raw").items) == ["t", "u"]
    event = next(e for e in ws.journal.tail(20) if e.action == "table.renamed")
    assert (event.subject, event.payload) == ("table:main.raw.u", {"from": "main.raw.t", "to": "main.raw.u"})


def test_a_table_moves_to_another_schema_but_not_onto_a_taken_name(cat):
    cat.create_schema("main.gold")
    cat.create_table("main.gold.t", {"id": [9]})
    with pytest.raises(NameTakenError, match=r"main\.gold\.t exists"):
        cat.rename("main.raw.t", "main.gold.t")
    assert cat.read("main.raw.t")["id"].tolist() == [1, 2]
    cat.rename("main.raw.t", "main.gold.`moved here`")
    assert cat.read("main.gold.`moved here`")["id"].tolist() == [1, 2]


def test_renaming_a_schema_renames_everything_in_it_also_what_was_dropped(cat):
    cat.create_table("main.raw.gone", {"id": [7]})
    cat.drop("main.raw.gone")
    assert cat.rename("main.raw", "bronze", kind="schema") == "main.bronze"
    assert cat.read("main.bronze.t")["id"].tolist() == [1, 2]
    with pytest.raises(SchemaNotFoundError):
        cat.tables("main.raw")
    assert cat.undrop("main.bronze.gone") == "main.bronze.gone"
    assert cat.read("main.bronze.gone")["id"].tolist() == [7]


def test_renaming_a_catalog_renames_two_levels(cat):
    cat.create_catalog("dev")
    cat.create_schema("dev.a")
    cat.create_table("dev.a.t", {"id": [5]})
    cat.rename("dev", "staging", kind="catalog")
    assert cat.read("staging.a.t")["id"].tolist() == [5]


def test_the_default_schema_keeps_its_name(cat):
    with pytest.raises(InvalidStateError, match="default schema"):
        cat.rename("main.default", "other", kind="schema")


def test_a_name_that_differs_only_in_case_can_be_taken_by_its_owner(cat):
    assert cat.rename("main.raw.t", "T") == "main.raw.T"
    assert [i.name for i in cat.tables("main.raw").items] == ["T"]


def test_a_dropped_schema_comes_back_with_what_went_with_it_only(ws, cat):
    cat.create_table("main.raw.early", {"id": [1]})
    cat.drop("main.raw.early")
    cat.drop("main.raw", kind="schema", cascade=True)
    with pytest.raises(SchemaNotFoundError):
        cat.tables("main.raw")
    assert cat.undrop("main.raw", kind="schema") == "main.raw"
    assert [i.name for i in cat.tables("main.raw").items] == ["t"]
    assert ("table.undropped", "table:main.raw.t") in actions(ws, "table.undropped")


def test_owner_comment_and_properties_are_altered_and_a_none_property_goes(ws, cat):
    cat.alter("main.raw.t", owner="group:team", comment="orders", properties={"a": "1", "b": "2"})
    cat.alter("main.raw.t", properties={"a": None})
    info = cat.info("main.raw.t")
    assert (info.owner, info.comment, info.properties) == ("group:team", "orders", {"b": "2"})
    before = ws.journal.last_id()
    cat.alter("main.raw.t", comment="orders")
    assert ws.journal.last_id() == before, "an alteration that changes nothing is no event"


def test_a_view_reads_its_tables_as_they_are_now_and_lists_among_the_tables(cat):
    info = cat.create_view("main.raw.v", "SELECT id * 10 AS ten FROM raw.t WHERE id > 1", comment="tens")
    assert (info.table_type, [c.name for c in info.columns], info.comment) == ("VIEW", ["ten"], "tens")
    cat.append("main.raw.t", {"id": [4]})
    assert cat.sql("SELECT * FROM main.raw.v ORDER BY ten").to_pandas()["ten"].tolist() == [20, 40]
    assert cat.read("main.raw.v", where="ten > 20")["ten"].tolist() == [40]
    assert sorted(i.name for i in cat.tables("main.raw").items) == ["t", "v"]


def test_a_view_on_a_view_means_the_same_whatever_the_reader_s_schema_is(cat):
    cat.create_view("main.raw.v", "SELECT id FROM main.raw.t")
    cat.create_view(
        "main.default.w",
        "WITH a AS (SELECT id FROM main.raw.v) SELECT a.id, b.id AS other FROM a JOIN main.raw.v b USING (id)",
    )
    assert cat.sql("SELECT sum(other) AS s FROM w", schema="default").rows() == [{"s": 3}]


def test_a_view_cannot_be_written_dated_or_read_itself(cat):
    cat.create_view("main.raw.v", "SELECT id FROM main.raw.t")
    with pytest.raises(InvalidStateError, match="is a view"):
        cat.append("main.raw.v", {"id": [1]})
    with pytest.raises(InvalidParameterError, match="no versions"):
        cat.table("main.raw.v", version=0)
    cat.create_view("main.raw.w", "SELECT id FROM main.raw.v")
    with pytest.raises(SqlError, match="would read itself"):
        cat.create_view("main.raw.v", "SELECT id FROM main.raw.w", replace=True)
    assert cat.read("main.raw.v")["id"].tolist() == [1, 2]


def test_a_view_and_a_table_cannot_share_a_name_and_each_is_dropped_by_its_own_kind(cat):
    with pytest.raises(NameTakenError):
        cat.create_view("main.raw.t", "SELECT 1 AS one", replace=True)
    cat.create_view("main.raw.v", "SELECT 1 AS one")
    with pytest.raises(InvalidParameterError, match="is a view, not a table"):
        cat.drop("main.raw.v", kind="table")
    cat.drop("main.raw.v")
    assert not cat.exists("main.raw.v")
    assert cat.undrop("main.raw.v", kind="view") == "main.raw.v"
    assert cat.read("main.raw.v")["one"].tolist() == [1]


def test_what_was_dropped_long_ago_goes_for_good_but_external_files_stay(ws, cat, tmp_path):
    import os

    from mlnb.catalog.purge import purge
    from mlnb.core.clock import now_ms

    managed = cat.info("main.raw.t").storage_location
    cat.create_table("main.raw.ext", {"id": [1]}, location=str(tmp_path / "elsewhere"))
    cat.create_view("main.raw.v", "SELECT id FROM main.raw.t")
    cat.set_tag("main.raw.t", "domain", "air")
    cat.drop("main.raw", kind="schema", cascade=True)
    assert purge(cat, now_ms() + 6 * 86_400_000) == []
    gone = purge(cat, now_ms() + 8 * 86_400_000)
    assert sorted(gone) == ["main.raw", "main.raw.ext", "main.raw.t", "main.raw.v"]
    assert not os.path.exists(managed)
    assert (tmp_path / "elsewhere" / "_delta_log").is_dir()
    with pytest.raises(SchemaNotFoundError, match="No dropped schema"):
        cat.undrop("main.raw", kind="schema")


def test_a_folder_nobody_finished_goes_after_a_day_and_tables_stay(ws, cat, monkeypatch):
    import os
    from pathlib import Path

    from mlnb.catalog import create
    from mlnb.catalog.purge import sweep
    from mlnb.core.clock import now_ms

    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    # As after kill -9: neither the folder nor the note is taken away.
    monkeypatch.setattr(create, "_record", die)
    monkeypatch.setattr(create, "remove_folder", lambda _: None)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    with pytest.raises(Killed):
        cat.create_table("main.raw.half", {"id": [1]})
    monkeypatch.undo()
    table = Path(cat.info("main.raw.t").storage_location)
    (left,) = (each for each in table.parent.iterdir() if each.name.startswith("half-"))
    assert sweep(cat, now_ms()) == []
    assert sweep(cat, now_ms() + 2 * 86_400_000) == [left]
    assert not left.exists()
    assert not list((ws.path / "tmp" / "unfinished").iterdir())
    os.utime(table / "_delta_log", (0, 0))
    assert sweep(cat, now_ms() + 2 * 86_400_000) == []
    assert cat.read("main.raw.t")["id"].tolist() == [1, 2]


def test_tables_of_another_workspace_in_the_same_storage_are_never_swept(cat):
    import os
    from pathlib import Path

    from mlnb.catalog.purge import sweep
    from mlnb.core.clock import now_ms

    theirs = Path(cat.info("main.raw.t").storage_location).parent / "t-0123abcd" / "_delta_log"
    theirs.mkdir(parents=True)
    os.utime(theirs, (0, 0))
    assert sweep(cat, now_ms() + 30 * 86_400_000) == []
    assert theirs.is_dir()


def test_a_moved_workspace_reads_its_tables(ws, cat, tmp_path):
    import shutil

    from mlnb.door import Workspace

    shutil.copytree(ws.path, tmp_path / "moved" / ".mlnb")
    moved = Workspace(tmp_path / "moved" / ".mlnb")
    try:
        assert moved.catalog.read("main.raw.t")["id"].tolist() == [1, 2]
        assert moved.catalog.metastore_id == cat.metastore_id
        moved.catalog.append("main.raw.t", {"id": [3]})
    finally:
        moved.close()
    assert cat.read("main.raw.t")["id"].tolist() == [1, 2]
