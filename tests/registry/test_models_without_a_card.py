"""A model without a scope card: told by default, held back when the settings ask for a card."""

from __future__ import annotations

from typing import Any

import pytest

from mlnb.registry.gates import GateError


@pytest.mark.parametrize(("require", "status"), [("warn", "waived"), ("off", None)])
def test_a_missing_card_is_told_or_left_unsaid(
    registry_ws: Any, run_id: str, model_name: str, monkeypatch: pytest.MonkeyPatch, require: str, status: str | None
) -> None:
    monkeypatch.setattr(registry_ws.scopes.holdouts.settings, "require", require)
    registry_ws.models.register(f"runs:/{run_id}/model", model_name, alias="champion")
    report = registry_ws.models.check(model_name, 1, "@champion")
    assert report.passed
    assert {item.gate: item.status for item in report.results}.get("scope") == status


def test_a_missing_card_holds_a_model_back_when_the_settings_ask_for_one(
    registry_ws: Any, run_id: str, model_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_ws.scopes.holdouts.settings, "require", "block")
    registry_ws.models.register(f"runs:/{run_id}/model", model_name)
    with pytest.raises(GateError) as raised:
        registry_ws.models.promote(model_name, 1, "@champion")
    assert "No scope card" in raised.value.message
    assert "%%scope" in (raised.value.hint or "")
    registry_ws.models.promote(model_name, 1, "@challenger")
