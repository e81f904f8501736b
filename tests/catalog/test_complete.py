"""Completion: what is offered at a cursor (``|``) in statements that are half written."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mlnb.core.errors import InvalidParameterError
from mlnb.magics.complete import complete_text


@pytest.fixture
def shop(ws: Any) -> Any:
    """A workspace with two schemas."""
    ws.catalog.create_schema("main.shop")
    ws.catalog.create_table("main.shop.orders", pd.DataFrame({"id": [1], "amount": [1.5], "the-day": ["x"]}))
    ws.catalog.create_table("main.shop.customers", pd.DataFrame({"id": [1], "city": ["x"]}))
    ws.catalog.create_table("main.default.offers", pd.DataFrame({"price": [1.5]}))
    return ws


def at(ws: Any, text: str, **options: Any) -> tuple[list[str], str]:
    """What is offered, and the text that is replaced."""
    cursor = text.index("|")
    text = text.replace("|", "", 1)
    found = ws.catalog.complete(text, cursor, **options)
    return [item.text for item in found.items], text[found.start : found.end]


#: Text with the cursor, the first items, what they replace.
CASES = [
    ("SELECT * FROM |", ["main", "default", "shop"], ""),
    ("SELECT * FROM ma|", ["main"], "ma"),
    ("SELECT * FROM main.|", ["default", "shop"], ""),
    ("SELECT * FROM main.sh|", ["shop"], "sh"),
    ("SELECT * FROM main.shop.|", ["customers", "orders"], ""),
    ("SELECT * FROM shop.or|", ["orders"], "or"),
    ("SELECT * FROM off|", ["offers"], "off"),
    ("SELECT am| FROM main.shop.orders", ["amount"], "am"),
    ("SELECT o.| FROM shop.orders o", ["id", "amount", "`the-day`"], ""),
    ("SELECT `the| FROM shop.orders", ["`the-day`"], "`the"),
    ("SELECT c.ci| FROM shop.orders AS o JOIN shop.customers AS c ON o.id = c.id", ["city"], "ci"),
    ("SELECT * FROM shop.orders o, shop.customers WHERE ci|", ["city"], "ci"),
    ("SELECT 1; SELECT am| FROM shop.orders; SELECT 2", ["amount"], "am"),
    ("INSERT INTO shop.cu|", ["customers"], "cu"),
    ("UPDATE shop.orders SET am|", ["amount"], "am"),
    ("MERGE INTO shop.orders t USING shop.cust|", ["customers"], "cust"),
    ("DESCRIBE HISTORY shop.o|", ["orders"], "o"),
    ("SHOW TABLES IN main.sh|", ["shop"], "sh"),
    ("WITH recent AS (SELECT 1) SELECT * FROM rec|", ["recent"], "rec"),
    ("SELECT row_num|", ["row_number"], "row_num"),
    ("SEL|", ["SELECT"], "SEL"),
]


def test_what_may_stand_at_the_cursor_is_offered(shop: Any) -> None:
    for text, first, replaced in CASES:
        items, word = at(shop, text)
        assert (text, items[: len(first)], word) == (text, first, replaced)


def test_nothing_is_offered_inside_texts_and_comments(shop: Any) -> None:
    for text in ("SELECT 'a|b'", "SELECT 'a|", "SELECT 1 -- from |", "SELECT /* from | */ 1"):
        assert at(shop, text)[0] == []


def test_frames_and_parameters_are_offered_by_name(shop: Any) -> None:
    assert at(shop, "SELECT * FROM my|", frames=["my_frame"]) == (["my_frame"], "my")
    assert at(shop, "SELECT * FROM shop.orders WHERE id = :d|", parameters=["day", "city"]) == (["day"], "d")


def test_offsets_are_code_points(shop: Any) -> None:
    found = shop.catalog.complete("SELECT '😀', am FROM shop.orders", 14)
    assert (found.start, found.end, found.items[0].text) == (12, 14, "amount")


def test_a_cursor_outside_of_the_text_is_refused(shop: Any) -> None:
    with pytest.raises(InvalidParameterError):
        shop.catalog.complete("SELECT", 7)


def test_cells_that_begin_with_a_magic(shop: Any) -> None:
    text = "%%sql --limit 5\nSELECT am FROM shop.orders"
    found = complete_text(shop, text, text.index(" FROM"), sql=False)
    assert text[found.start : found.end] == "am"
    assert found.items[0].text == "amount"
    line = "%sql SELECT * FROM shop.o"
    assert [item.text for item in complete_text(shop, line, len(line), sql=False).items] == ["orders"]
    assert "%%sql" in [item.text for item in complete_text(shop, "%%s", 3, sql=False).items]
    assert "--limit" in [item.text for item in complete_text(shop, "%%sql --li", 10, sql=False).items]
    assert complete_text(shop, "print(1)", 3, sql=False).items == []
