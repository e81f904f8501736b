"""Comments, tags, certification and grants over HTTP."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest


@pytest.fixture
def orders(host: Any) -> str:
    catalog = host.workspace().catalog
    catalog.create_schema("main.raw", if_not_exists=True)
    catalog.create_table("main.raw.orders", pa.table({"id": [1]}))
    return "api/1.0/objects/table/main.raw.orders"


async def test_comments_are_changed_only_as_they_were_seen(ask: Any, orders: str) -> None:
    assert await ask("PUT", f"{orders}/comment", {"text": "All orders", "expected": ""}) == (
        200,
        {"text": "All orders"},
    )
    status, error = await ask("PUT", f"{orders}/comment", {"text": "mine", "expected": ""})
    assert (status, error["error_code"]) == (412, "PRECONDITION_FAILED")
    assert error["details"][0]["metadata"]["comment"] == "All orders"
    assert (await ask("PUT", f"{orders}/comment", {"text": "key", "column": "ID"}))[0] == 200
    status, shown = await ask("GET", orders)
    assert (status, shown["comment"], shown["owner"]) == (200, "All orders", "ada")
    status, error = await ask("PUT", f"{orders}/comment", {"text": "x", "column": "nope"})
    assert (status, error["error_code"]) == (400, "UNRESOLVED_COLUMN")


async def test_tags_and_certification(ask: Any, orders: str) -> None:
    await ask("PUT", f"{orders}/tags", {"key": "domain", "value": "sales"})
    _, found = await ask("PUT", f"{orders}/tags", {"key": "pii", "column": "id"})
    assert found["tags"] == [{"key": "domain", "value": "sales"}, {"key": "pii", "value": "", "column": "id"}]
    assert await ask("PUT", f"{orders}/certification", {"status": "certified"}) == (200, {"status": "certified"})
    assert (await ask("GET", orders))[1]["certification"] == "certified"
    assert await ask("PUT", f"{orders}/certification", {"status": None}) == (200, {})
    _, found = await ask("DELETE", f"{orders}/tags", params={"key": "pii", "column": "id"})
    assert found["tags"] == [{"key": "domain", "value": "sales"}]
    assert (await ask("DELETE", f"{orders}/tags", params={"key": "none"}))[0] == 404


async def test_grants_show_the_level_they_come_from_and_what_they_mean(ask: Any, orders: str, host: Any) -> None:
    host.workspace().catalog.grant("main", "analysts", "SELECT")
    changes = {"changes": [{"principal": "bob", "add": ["MODIFY"]}, {"principal": "eve", "remove": ["SELECT"]}]}
    status, found = await ask("POST", f"{orders}/grants", changes)
    assert status == 200
    assert found["grants"] == [
        {"principal": "analysts", "privilege": "SELECT", "inherited_from": {"kind": "catalog", "name": "main"}},
        {"principal": "bob", "privilege": "MODIFY"},
    ]
    assert (found["owner"], found["enforced"], found["may_grant"]) == ("ada", False, True)
    assert "USE SCHEMA" not in found["privileges"]
    assert "SELECT" in found["privileges"]
    assert "ada may do everything here" in found["note"]
    status, error = await ask("POST", f"{orders}/grants", {"changes": [{"principal": "bob", "add": ["READ"]}]})
    assert (status, error["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert await ask("POST", f"{orders}/owner", {"owner": "grace"}) == (200, {"owner": "grace"})
