"""``mlnb catalog grants``: rights from the command line."""

from __future__ import annotations

import json
from typing import Any


def test_rights_are_given_shown_with_their_level_and_taken(ws: Any, run: Any) -> None:
    ws.catalog.create_schema("main.raw")
    ws.catalog.create_table("main.raw.t", {"id": [1]})
    ws.catalog.grant("main", "analysts", "SELECT")
    given = run("catalog", "grants", "main.raw.t", "--principal", "bob", "--grant", "modify", "--json")
    assert [item["privilege"] for item in json.loads(given.out)] == ["MODIFY"]
    shown = run("catalog", "grants", "main.raw.t")
    assert "catalog main" in shown.out
    assert "itself" in shown.out
    assert "Owner: ada. ada may do everything here" in shown.err
    taken = run("catalog", "grants", "main.raw.t", "--principal", "bob", "--revoke", "ALL PRIVILEGES", "--json")
    assert json.loads(taken.out) == []
    assert run("catalog", "grants", "main.raw.t", "--grant", "SELECT").code != 0
