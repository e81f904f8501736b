"""``mlnb catalog search|lineage|export-openlineage``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd


def test_data_is_found_and_its_lineage_shown_and_exported(ws: Any, run: Callable[..., Any], tmp_path: Path) -> None:
    ws.catalog.create_table("main.default.orders", pd.DataFrame({"id": [1], "amount": [1.5]}))
    ws.sql("CREATE TABLE doubled AS SELECT amount * 2 AS twice FROM orders")
    ws.catalog.recorder.flush()
    assert json.loads(run("catalog", "search", "doub", "--json").out)[0]["name"] == "main.default.doubled"
    assert "Nothing found" in run("catalog", "search", "nowhere").out
    assert "table:main.default.orders" in run("catalog", "lineage", "doubled").out
    assert "amount > twice" in run("catalog", "lineage", "doubled", "--column", "twice").out
    assert run("catalog", "lineage", "duobled").code == 1
    file = tmp_path / "events.jsonl"
    assert "1 events" in run("catalog", "export-openlineage", "-o", str(file)).out
    assert json.loads(file.read_text())["outputs"][0]["name"] == "main.default.doubled"
