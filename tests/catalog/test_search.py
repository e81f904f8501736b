"""Search: what is found, in which order, with which filters, and that it follows every change."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mlnb.core.errors import InvalidParameterError


@pytest.fixture
def shop(ws: Any) -> Any:
    """A workspace where names, columns, tags and comments hold the same words."""
    ws.catalog.create_schema("main.shop")
    frame = pd.DataFrame({"id": [1], "amount": [1.5]})
    ws.catalog.create_table("main.shop.revenue", frame)
    ws.catalog.create_table("main.shop.orders", frame.rename(columns={"amount": "revenue_eur"}))
    ws.catalog.create_table("main.shop.costs", frame, comment="what revenue is earned with")
    ws.catalog.create_table("main.shop.people", frame)
    ws.catalog.set_tag("main.shop.people", "about", "revenue")
    return ws


def found(ws: Any, text: str, **options: Any) -> list[str]:
    return [hit.full_name for hit in ws.catalog.search(text, **options).items]


def test_names_go_before_columns_tags_and_comments(shop: Any) -> None:
    hits = shop.catalog.search("revenue").items
    assert [(hit.full_name, hit.matched) for hit in hits] == [
        ("main.shop.revenue", "name"),
        ("main.shop.orders.revenue_eur", "column"),
        ("main.shop.people", "tag"),
        ("main.shop.costs", "comment"),
    ]
    assert hits[1].address == "mlnb:table/main.shop.orders?tab=schema&column=revenue_eur"
    assert hits[3].snippet == "what ⟦revenue⟧ is earned with"


def test_certified_goes_first_and_deprecated_last(shop: Any) -> None:
    for name in ("revenue_a", "revenue_b", "revenue_c"):
        shop.catalog.create_table(f"main.shop.{name}", pd.DataFrame({"x": [1]}))
    shop.catalog.certify("main.shop.revenue_c", "certified")
    shop.catalog.certify("main.shop.revenue_a", "deprecated")
    names = found(shop, "revenue_", types=["table"])
    assert names[:3] == ["main.shop.revenue_c", "main.shop.revenue_b", "main.shop.orders"]
    assert names[-1] == "main.shop.revenue_a"
    assert found(shop, "certificationStatus:certified") == ["main.shop.revenue_c"]


def test_what_is_read_often_goes_before_what_is_not(shop: Any) -> None:
    for name in ("flow_a", "flow_b"):
        shop.catalog.create_table(f"main.shop.{name}", pd.DataFrame({"x": [1]}))
    for _ in range(3):
        shop.sql("SELECT * FROM main.shop.flow_b").rows()
    shop.catalog.recorder.flush()
    assert found(shop, "flow") == ["main.shop.flow_b", "main.shop.flow_a"]


def test_parts_of_words_from_three_letters_and_beginnings_below(shop: Any) -> None:
    assert "main.shop.revenue" in found(shop, "even")
    assert found(shop, "re", types=["table"])[0] == "main.shop.revenue"
    assert "main.shop.orders" in found(shop, "eu", types=["table"])  # revenue_eur
    assert found(shop, "ev") == []
    assert found(shop, "revenue shop_nothing") == []


def test_filters_narrow_the_answer(shop: Any) -> None:
    assert found(shop, "tag:about") == ["main.shop.people"]
    assert found(shop, "tag:about=revenue type:table") == ["main.shop.people"]
    assert found(shop, "tag:about=other") == []
    assert found(shop, "revenue", types=["column"]) == ["main.shop.orders.revenue_eur"]
    assert found(shop, "revenue owner:nobody") == []
    assert found(shop, "schema:main.shop revenue owner:ada type:table")[0] == "main.shop.revenue"
    assert found(shop, "shop type:schema") == ["main.shop"]
    with pytest.raises(InvalidParameterError, match="no kind") as caught:
        found(shop, "type:tabel")
    assert "table" in (caught.value.hint or "")


def test_every_change_is_found_at_once(shop: Any) -> None:
    assert found(shop, "gross") == []
    shop.catalog.set_comment("main.shop.orders", "gross amounts")
    assert found(shop, "gross") == ["main.shop.orders"]
    shop.catalog.rename("main.shop.people", "main.shop.gross")
    assert found(shop, "gross") == ["main.shop.gross", "main.shop.orders"]
    shop.catalog.table("main.shop.costs").append(pd.DataFrame({"gross_eur": [1.0]}), schema="merge")
    assert "main.shop.costs.gross_eur" in found(shop, "gross")
    shop.catalog.drop("main.shop.gross")
    shop.catalog.set_comment("main.shop.orders", "")
    assert found(shop, "gross") == ["main.shop.costs.gross_eur"]
    shop.catalog.undrop("main.shop.gross")
    assert found(shop, "gross")[0] == "main.shop.gross"


def test_a_renamed_schema_carries_its_tables(shop: Any) -> None:
    assert found(shop, "revenue")[0] == "main.shop.revenue"
    shop.catalog.rename("main.shop", "main.store", kind="schema")
    assert found(shop, "revenue")[0] == "main.store.revenue"


def test_pages_cover_everything_once(shop: Any) -> None:
    for number in range(23):
        shop.catalog.create_schema(f"main.paged_{number:02}")
    seen, token = [], None
    while True:
        page = shop.catalog.search("paged", page_token=token, max_results=5)
        seen += [hit.name for hit in page.items]
        token = page.next_page_token
        if token is None:
            break
    assert seen == [f"paged_{number:02}" for number in range(23)]


def test_names_in_any_script_and_hostile_questions(shop: Any) -> None:
    shop.catalog.create_table('main.shop.`Größe "x"`', pd.DataFrame({"数量": [1]}))
    assert len(found(shop, "GRÖßE", types=["table"])) == 1
    assert found(shop, "数量", types=["column"])[0].endswith("数量")
    for text in ('"', "* OR 1", "a AND (", "' ; DROP TABLE x", '{name}: "x"', "NEAR(a b)", ":", "a:b:c", "\x00abc"):
        shop.catalog.search(text)


def test_an_index_that_was_lost_is_made_anew(shop: Any) -> None:
    assert found(shop, "revenue")
    with shop.metastore.begin() as connection:
        connection.exec_driver_sql("DELETE FROM catalog_search_state")
    assert found(shop, "revenue")[0] == "main.shop.revenue"
