"""Scope cards over HTTP: templates, versions, differences, checks, retirement."""

from __future__ import annotations

from typing import Any

PATH = "api/1.0/scopes"


async def test_a_card_lives_its_life_over_http(ask: Any, host: Any) -> None:
    status, template = await ask("GET", f"{PATH}/templates/classification")
    assert (status, template["problem"], template["card"]["problem"]) == (200, "classification", "classification")
    card = template["card"]
    status, made = await ask("PUT", f"{PATH}/churn", {"body": card})
    assert (status, made["version"], made["state"]) == (200, 1, "DRAFT")
    card["explainability"] = "global"
    assert (await ask("PUT", f"{PATH}/churn", {"body": card}))[1]["version"] == 2
    _, history = await ask("GET", f"{PATH}/churn/history")
    assert [item["version"] for item in history["scopes"]] == [2, 1]
    _, diff = await ask("GET", f"{PATH}/churn/diff")
    assert diff["changes"] == [{"field": "explainability", "after": "global"}]
    ws = host.workspace()
    with ws.runs.start("r") as run:
        pass
    status, report = await ask("GET", f"{PATH}/churn/check", params={"run_id": run.run_id})
    assert (status, report["passed"], report["scope_name"]) == (200, False, "churn")
    assert {"holdout", "leakage", "explainability"} <= {item["gate"] for item in report["results"]}
    assert (await ask("POST", f"{PATH}/churn/sign", {"role": "owner"}))[1]["state"] == "AGREED"
    assert (await ask("POST", f"{PATH}/churn/retire", {}))[1]["state"] == "RETIRED"


async def test_wrong_cards_are_refused_at_their_field(ask: Any) -> None:
    status, error = await ask("PUT", f"{PATH}/c", {"body": {"problem": "classification", "metrics": [{"nam": "auc"}]}})
    assert (status, error["error_code"]) == (400, "INVALID_SCOPE_CARD")
    assert "metrics[0].nam" in str(error)
    status, error = await ask("GET", f"{PATH}/templates/nothing")
    assert status == 400
