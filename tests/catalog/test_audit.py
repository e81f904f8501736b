"""``system.access.audit``: the journal as the platform's table."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from mlnb.core.caller import Caller, calling

_MINE = "SELECT action_name, request_params['full_name_arg'] AS name FROM system.access.audit ORDER BY CAST(event_id AS BIGINT) DESC LIMIT 6"


def test_every_change_is_a_row_with_the_platforms_action(cat: Any) -> None:
    cat.create_table("main.raw.orders", pa.table({"id": [1]}))
    cat.append("main.raw.orders", pa.table({"id": [2]}))
    cat.set_tag("main.raw.orders", "k", "v")
    cat.set_comment("main.raw.orders", "x")
    cat.grant("main.raw.orders", "bob", "SELECT")
    cat.drop("main.raw.orders")
    rows = cat.sql(_MINE).rows()
    assert [row["action_name"] for row in rows[::-1]] == [
        "createTable",
        "commitTable",
        "createEntityTagAssignment",
        "updateTable",
        "updatePermissions",
        "deleteTable",
    ]
    assert {row["name"] for row in rows} == {"main.raw.orders"}
    found = cat.sql(
        "SELECT user_identity.email AS who, service_name, request_params['principal'] AS p, response.status_code AS s "
        "FROM system.access.audit WHERE action_name = 'updatePermissions'"
    ).rows()
    assert found == [{"who": "ada", "service_name": "unityCatalog", "p": "bob", "s": 200}]


def test_others_see_only_what_they_did_themselves(cat: Any) -> None:
    cat.create_table("main.raw.secret", pa.table({"id": [1]}))
    cat.grant("main", "bob", "USE CATALOG", "USE SCHEMA", "CREATE TABLE")
    cat.sql("SELECT 'my secret text'")
    with calling(Caller("bob", source="rest")):
        cat.create_table("main.raw.mine", pa.table({"id": [1]}))
        seen = cat.sql("SELECT DISTINCT user_identity.email AS who FROM system.access.audit").rows()
        assert seen == [{"who": "bob"}]
        texts = cat.sql("SELECT DISTINCT executed_by AS who FROM system.query.history").rows()
        assert {row["who"] for row in texts} <= {"bob"}
