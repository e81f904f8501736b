"""The catalog's rows on both metastores: one class of tests, SQLite and a real PostgreSQL."""

import shutil
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa

from mlnb.catalog.errors import NameTakenError, TableNotFoundError
from mlnb.core.errors import AlreadyExistsError


@pytest.fixture(params=["sqlite", "postgresql"])
def both(
    request: pytest.FixtureRequest, workspace_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A catalog over SQLite, and one over PostgreSQL."""
    from mlnb.door import Workspace

    folder = tmp_path / ".mlnb"
    shutil.copytree(workspace_template, folder)
    if request.param == "postgresql":
        monkeypatch.setenv("MLNB_METASTORE_URL", request.getfixturevalue("postgres_url"))
    workspace = Workspace(folder)
    workspace.catalog.create_schema("main.raw")
    yield workspace.catalog
    workspace.catalog.close()
    workspace.close()


def frame(*ids: int) -> pd.DataFrame:
    return pd.DataFrame({"id": list(ids), "name": [f"n{i}" for i in ids]})


class TestCatalogRows:
    def test_the_life_of_a_table(self, both: Any) -> None:
        both.create_table("main.raw.T", frame(1), primary_key="id", comment="c", properties={"k": "v"})
        both.append("main.raw.t", frame(2))
        both.table("main.raw.t").append(pd.DataFrame({"id": [3], "more": [1.5]}), schema="merge")
        info = both.table("MAIN.RAW.t").info
        assert (info.full_name, info.version, info.num_rows, info.schema_changed_version) == ("main.raw.T", 2, 3, 2)
        assert (info.primary_key, info.comment, info.properties) == (["id"], "c", {"k": "v"})
        assert [(column.name, column.type_text) for column in info.columns] == [
            ("id", "bigint"),
            ("name", "string"),
            ("more", "double"),
        ]
        assert both.sql("SELECT sum(id) AS s, count(more) AS m FROM raw.t").rows() == [{"s": 6, "m": 1}]
        both.drop("main.raw.t")
        with pytest.raises(TableNotFoundError):
            both.table("main.raw.t")
        both.undrop("main.raw.t")
        both.create_table("main.raw.t", frame(9), mode="replace")
        assert both.read("main.raw.t")["id"].tolist() == [9]
        actions = [event.action for event in both.ground.journal.tail(20, subjects=["table:main.raw.T"])]
        assert actions == [
            "table.created",
            "table.committed",
            "table.committed",
            "table.dropped",
            "table.undropped",
            "table.committed",
        ]
        assert both.ground.journal.verify().ok

    def test_names_in_order_and_pages(self, both: Any) -> None:
        for name in ("b", "A", "c", "\u00e9"):
            both.create_table(f"main.raw.{name}", schema=pa.schema([("x", pa.int64())]))
        first = both.tables("main.raw", max_results=2)
        rest = both.tables("main.raw", max_results=2, page_token=first.next_page_token)
        assert sorted(item.name for item in first.items + rest.items) == ["A", "b", "c", "\u00e9"]
        assert rest.next_page_token is None
        assert both.exists("main.raw.\u00c9")
        assert [node.name for node in both.tree("", filter="\u00c9").items] == ["main"]
        assert [node.name for node in both.tree("main", filter="\u00c9").items] == ["raw"]
        assert [node.name for node in both.tree("main.raw", filter="\u00c9").items] == ["\u00e9"]
        assert both.tree("", filter="nothing").items == []
        assert [(node.name, node.children) for node in both.tree("main").items] == [("default", False), ("raw", True)]

    def test_a_name_is_given_to_one_of_many(self, both: Any) -> None:
        outcomes: list[str] = []

        def create(number: int) -> None:
            try:
                both.create_table("main.raw.t", frame(number))
                outcomes.append("made")
            except NameTakenError:
                outcomes.append("taken")
            try:
                both.create_schema("main.same")
            except AlreadyExistsError:
                outcomes.append("schema taken")

        threads = [threading.Thread(target=create, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(outcomes) == ["made", "schema taken", "schema taken", "schema taken", "taken", "taken", "taken"]
        assert both.table("main.raw.t").count() == 1
        lake = Path(both.ground.settings.storage_root, "main", "raw")
        assert len(list(lake.iterdir())) == 1, "those that lost left no folder"

    def test_commits_at_once_are_each_one_event(self, both: Any) -> None:
        both.write("main.raw.t", frame(0))
        failures: list[BaseException] = []

        def append(number: int) -> None:
            try:
                for i in range(3):
                    both.append("main.raw.t", frame(number * 10 + i))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=append, args=(number,)) for number in range(1, 4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        events = both.ground.journal.tail(50, subjects=["table:main.raw.t"])
        assert [event.payload["version"] for event in events] == list(range(10))
        assert both.table("main.raw.t").info.version == 9
        assert both.ground.journal.verify().ok

    def test_loaded_files_are_remembered(self, both: Any, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("a\n1\n")
        assert both.ingest(tmp_path / "a.csv", "main.raw.t").rows == 1
        assert both.ingest(tmp_path / "a.csv", "main.raw.t").rows == 0
        assert both.ingest(tmp_path / "a.csv", "main.raw.t", mode="replace").rows == 1

    def test_what_is_purged_leaves_no_row(self, both: Any) -> None:
        from mlnb.catalog.purge import purge
        from mlnb.catalog.tables import catalog_column, catalog_securable, catalog_table
        from mlnb.core.clock import now_ms

        both.write("main.raw.t", frame(1))
        both.drop("main.raw", kind="schema", cascade=True)
        assert purge(both, now_ms() + 8 * 86_400_000) == ["main.raw", "main.raw.t"]
        with both.ground.metastore.connect() as connection:
            for table in (catalog_column, catalog_table):
                assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0
            left = connection.execute(sa.select(catalog_securable.c.full_name).order_by(catalog_securable.c.full_name))
            assert [row.full_name for row in left] == ["main", "main.default"]
