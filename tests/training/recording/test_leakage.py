"""A run that works towards a scope card is screened for what gives the outcome away."""

from __future__ import annotations

import json
from typing import Any

import pytest

CARD = """
target: {table: main.ml.flights, column: late, positive: true}
problem: classification
metrics: [{name: roc_auc, primary: true, min: 0.8}]
owner: user:ada
"""


@pytest.fixture
def card(ws: Any, table: str) -> str:
    """A card whose target is the column ``late``."""
    import yaml

    ws.scopes.put("delays", yaml.safe_load(CARD))
    return "delays"


def test_a_column_that_gives_the_outcome_away_is_named_below_the_cell_and_on_the_run(
    ws: Any, cell: Any, card: str, table: str
) -> None:
    cell(f"import mlnb\nrows = mlnb.workspace().catalog.read('{table}')")
    assert cell(f"%%mlrun --name clean --scope {card} --no-autolog\nmean = rows['delay'].mean()").success
    assert ws.runs.get("clean").tags["mlnb.leakage"] in ("passed", "warned")
    assert cell(
        f"%%mlrun --name leaky --scope {card} --no-autolog\nleaky = rows.assign(told=rows['late'].astype(int) * 10)"
    ).success
    run = ws.runs.get("leaky")
    assert run.tags["mlnb.leakage"] == "blocked"
    found = json.loads(ws.runs.read_artifact("leaky", "mlnb/leakage.json"))
    assert "told" in [item["column"] for item in found["blocked"]]


def test_without_a_card_or_without_the_target_nothing_is_screened(ws: Any, cell: Any, card: str, table: str) -> None:
    assert cell(f"%%mlrun --name other --scope {card} --no-autolog\nx = 1").success
    assert cell("%%mlrun --name none --no-autolog\nx = 1").success
    assert "mlnb.leakage" not in ws.runs.get("other").tags
    assert "mlnb.leakage" not in ws.runs.get("none").tags
