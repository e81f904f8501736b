"""Hold-outs over HTTP: declare, count, look, renew, retire; no held-out value in any answer."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

TABLE = "main.default.people"
PATH = "api/1.0/holdouts"


@pytest.fixture
def people(host: Any) -> Any:
    ws = host.workspace()
    ws.catalog.write(TABLE, pd.DataFrame({"customer": range(300), "canary": [f"canary-{i:04}" for i in range(300)]}))
    return ws


async def test_a_holdout_lives_its_life_over_http(ask: Any, people: Any) -> None:
    rule = {"table": TABLE, "key": ["customer"], "fraction": 0.25, "looks": 2}
    status, made = await ask("POST", PATH, rule)
    assert (status, made["table_name"], made["state"], made["total"]) == (200, TABLE, "ACTIVE", 300)
    assert made["note"] == f"{made['excluded']} of 300 rows held out."
    assert (await ask("GET", PATH))[1]["holdouts"] == [made]
    assert (await ask("GET", f"{PATH}/{TABLE}"))[1] == made
    _, look = await ask("POST", f"{PATH}/{made['id']}/open", {"reason": "final check"})
    assert (look["number"], look["allowed"], look["purpose"]) == (1, 2, "open")
    ((_, page),) = [await ask("GET", f"{PATH}/{made['id']}/looks")]
    assert [(one["number"], one["reason"], one["actor_kind"]) for one in page["looks"]] == [(1, "final check", "user")]
    await ask("POST", f"{PATH}/{made['id']}/open", {"reason": "once more"})
    status, error = await ask("POST", f"{PATH}/{made['id']}/open", {"reason": "again"})
    assert (status, error["error_code"]) == (400, "HOLDOUT_SPENT")
    _, renewed = await ask("POST", f"{PATH}/{made['id']}/renew", {"looks": 3, "reason": "a new season"})
    assert (renewed["looks_allowed"], renewed["state"]) == (5, "ACTIVE")
    _, retired = await ask("POST", f"{PATH}/{made['id']}/retire", {})
    assert retired["state"] == "RETIRED"
    assert (await ask("GET", PATH))[1] == {"holdouts": []}


async def test_bad_input_is_refused_with_a_hint(ask: Any, people: Any) -> None:
    status, error = await ask("POST", PATH, {"table": TABLE, "key": ["custmer"]})
    assert status == 400
    assert "customer" in json.dumps(error)
    status, error = await ask("GET", f"{PATH}/main.default.nothing")
    assert (status, error["error_code"]) == (404, "HOLDOUT_NOT_FOUND")


async def test_no_answer_over_http_shows_a_held_out_value(ask: Any, people: Any) -> None:
    people.scopes.holdouts.declare(TABLE, key="customer", fraction=0.25)
    held = people.catalog.read(TABLE, where=people.scopes.holdouts.held(TABLE), filtered=False)
    people.sql(f"CREATE VIEW main.default.v AS SELECT canary FROM {TABLE}")
    await ask("POST", f"{PATH}/{TABLE}/open", {"reason": "counts, shows nothing here"})
    answers = [
        await ask("GET", f"api/1.0/tables/{TABLE}/preview", params={"limit": "500"}),
        await ask("GET", "api/1.0/tables/main.default.v/preview", params={"limit": "500"}),
        await ask("GET", f"{PATH}/{TABLE}"),
        await ask("GET", f"{PATH}/{TABLE}/looks"),
        await ask(
            "POST",
            "api/2.0/sql/statements",
            {"statement": f"SELECT * FROM {TABLE}", "warehouse_id": "x", "wait_timeout": "30s"},
        ),
    ]
    texts = [json.dumps(body) for _, body in answers]
    assert any("canary-" in text for text in texts), "the other rows are shown"
    for canary in held["canary"]:
        assert not [text for text in texts if canary in text]


async def test_an_assistant_that_says_so_may_not_look(ask: Any, people: Any) -> None:
    made = people.scopes.holdouts.declare(TABLE, key="customer", may_look=["agent:reviewer", "user:ada"])
    path, body = f"{PATH}/{made.id}/open", {"reason": "curious"}
    status, error = await ask("POST", path, body, headers={"X-Mlnb-Agent": "helper"})
    assert (status, error["error_code"]) == (403, "PERMISSION_DENIED")
    status, look = await ask("POST", path, body, headers={"X-Mlnb-Agent": "reviewer"})
    assert (status, look["actor_kind"], look["number"]) == (200, "agent", 1)
    assert (await ask("POST", path, body))[1]["actor_kind"] == "user"
