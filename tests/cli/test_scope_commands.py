"""``mlnb scope`` and ``mlnb holdout`` on the shell."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pandas as pd

TABLE = "main.default.people"


def test_a_holdout_on_the_shell(run: Any, ws: Any) -> None:
    ws.catalog.write(TABLE, pd.DataFrame({"customer": range(300)}))
    assert "No rows are held out" in run("holdout", "list").out
    made = run("holdout", "declare", TABLE, "--key", "customer", "--fraction", "0.25", "--looks", "1")
    assert "25% by customer" in made.out
    (row,) = json.loads(run("holdout", "list", "--json").out)
    assert (row["table_name"], row["looks_allowed"], row["total"]) == (TABLE, 1, 300)
    taken = ws.scopes.holdouts.open(TABLE, "final check").at
    looks = run("holdout", "looks", TABLE).out
    assert "final check" in looks
    assert datetime.fromtimestamp(taken / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S") in looks
    assert "1 of 3 looks taken" in run("holdout", "renew", TABLE, "--looks", "2", "--reason", "a new season").out
    assert "RETIRED" in run("holdout", "retire", TABLE).out
    gone = run("holdout", "show", "main.default.nothing")
    assert gone.code == 1
    assert "HOLDOUT_NOT_FOUND" in gone.err


def test_templates_differences_and_retirement_on_the_shell(run: Any, ws: Any, tmp_path: Any) -> None:
    file = tmp_path / "card.yaml"
    file.write_text(run("scope", "template", "classification").out)
    assert "version 1" in run("scope", "put", "c", str(file)).out
    file.write_text(file.read_text().replace("min: 0.75", "min: 0.8"))
    assert "version 2" in run("scope", "put", "c", str(file)).out
    assert "metrics[roc_auc].min: 0.75 → 0.8" in run("scope", "diff", "c").out
    with ws.runs.start("r") as started:
        pass
    checked = run("scope", "check", "c", started.run_id)
    assert checked.code == 1
    assert "? metric:roc_auc" in checked.out
    assert "RETIRED" in run("scope", "retire", "c").out
