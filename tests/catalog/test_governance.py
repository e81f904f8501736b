"""Comments, tags, certification and owners: what people say about data."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from mlnb.catalog.errors import TableNotFoundError, UnresolvedColumnError
from mlnb.catalog.tags import badges, tags_of
from mlnb.core.errors import InvalidParameterError, NotFoundError, PreconditionFailedError


@pytest.fixture
def orders(cat: Any) -> str:
    cat.create_table("main.raw.orders", pa.table({"id": [1, 2], "Größe": ["a", "b"]}))
    return "main.raw.orders"


def events(cat: Any, action: str) -> list[Any]:
    return list(cat.ground.journal.tail(50, actions=[action]))


def test_a_comment_is_kept_and_journaled_with_the_one_before(cat: Any, orders: str) -> None:
    cat.set_comment(orders, "  Orders as they come in ")
    cat.set_comment(orders, "All orders")
    assert cat.info(orders).comment == "All orders"
    assert events(cat, "comment.set")[-1].payload == {"comment": "All orders", "previous": "Orders as they come in"}
    cat.set_comment(orders, "")
    assert cat.info(orders).comment is None
    assert len(events(cat, "comment.removed")) == 1


def test_a_column_is_described_however_its_name_is_written_and_survives_a_write(cat: Any, orders: str) -> None:
    cat.set_comment(orders, "in centimetres", column="größe")
    cat.append(orders, pa.table({"id": [3], "Größe": ["c"]}))
    assert [column.comment for column in cat.info(orders).columns] == [None, "in centimetres"]
    with pytest.raises(UnresolvedColumnError, match="has no column 'grosse'"):
        cat.set_comment(orders, "x", column="grosse")


def test_a_comment_that_somebody_changed_meanwhile_is_not_overwritten(cat: Any, orders: str) -> None:
    cat.set_comment(orders, "first", expected="")
    with pytest.raises(PreconditionFailedError):
        cat.set_comment(orders, "second", expected="")
    assert cat.info(orders).comment == "first"
    cat.set_comment(orders, "second", expected="first")
    assert cat.info(orders).comment == "second"


def test_schemas_catalogs_and_views_are_described_by_their_names_alone(cat: Any, orders: str) -> None:
    cat.create_view("main.raw.v", f"SELECT id FROM {orders}")
    for name in ("main", "main.raw", "main.raw.v"):
        cat.set_comment(name, f"about {name}")
    assert cat.catalog_info("main").comment == "about main"
    assert cat.schema_info("main.raw").comment == "about main.raw"
    assert cat.info("main.raw.v").comment == "about main.raw.v"


def test_tags_belong_to_objects_and_columns_and_the_same_again_changes_nothing(cat: Any, orders: str) -> None:
    cat.set_tag(orders, "domain", "sales")
    cat.set_tag(orders, "pii", column="ID")
    before = cat.ground.journal.last_id()
    cat.set_tag(orders, "domain", "sales")
    assert cat.ground.journal.last_id() == before
    assert [(t.key, t.value, t.column) for t in cat.tags(orders)] == [("domain", "sales", None), ("pii", "", "id")]
    cat.rename(orders, "main.raw.sales")
    assert len(cat.tags("main.raw.sales")) == 2
    left = cat.unset_tag("main.raw.sales", "pii", column="id")
    assert [t.key for t in left] == ["domain"]
    with pytest.raises(NotFoundError, match="There is no tag 'domian'") as error:
        cat.unset_tag("main.raw.sales", "domian")
    assert "domain" in error.value.hint


@pytest.mark.parametrize(
    ("key", "value"),
    [("", ""), (" a", ""), ("a.b", ""), ("a=b", ""), ("system.other", ""), ("k" * 256, ""), ("k", "v" * 1001)],
)
def test_a_tag_that_cannot_be_one_is_refused_and_nothing_is_kept(cat: Any, orders: str, key: str, value: str) -> None:
    with pytest.raises(InvalidParameterError):
        cat.set_tag(orders, key, value)
    assert cat.tags(orders) == []


def test_the_fifty_first_tag_is_refused(cat: Any, orders: str) -> None:
    cat.change_tags(orders, {f"t{n}": "" for n in range(50)})
    with pytest.raises(InvalidParameterError, match="at most 50 tags"):
        cat.set_tag(orders, "more")
    cat.set_tag(orders, "t1", "changed")


def test_one_wrong_change_of_several_changes_nothing(cat: Any, orders: str) -> None:
    with pytest.raises(NotFoundError):
        cat.change_tags(orders, {"a": "1", "absent": None})
    assert cat.tags(orders) == []


def test_certification_is_a_badge_and_a_tag_of_the_platform(cat: Any, orders: str) -> None:
    cat.certify(orders, "certified")
    table_id = cat.info(orders).table_id
    with cat.ground.metastore.connect() as connection:
        assert badges(connection, [table_id]) == {table_id: "certified"}
        assert tags_of(connection, [table_id])[table_id][0].key == "system.certification_status"
    cat.certify(orders, "deprecated")
    assert cat.object_info(orders).certification == "deprecated"
    cat.certify(orders, None)
    cat.certify(orders, None)
    assert cat.object_info(orders).certification is None
    with pytest.raises(InvalidParameterError, match="no certification status"):
        cat.certify(orders, "golden")


def test_an_owner_is_replaced_and_the_journal_says_so(cat: Any, orders: str) -> None:
    cat.set_owner(orders, "grace")
    assert cat.info(orders).owner == "grace"
    assert events(cat, "table.altered")[-1].payload["owner"] == "grace"
    with pytest.raises(InvalidParameterError):
        cat.set_owner(orders, " ")


def test_what_does_not_exist_cannot_be_described(cat: Any, orders: str) -> None:
    with pytest.raises(TableNotFoundError, match=r"main\.raw\.order"):
        cat.set_comment("main.raw.order", "x")
