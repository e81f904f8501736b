"""Finding runs over HTTP: what only a server can get wrong."""

from __future__ import annotations

import json
from typing import Any


async def test_runs_come_as_a_file_and_a_filter_says_where_it_stops(ask: Any, jp_fetch: Any, host: Any) -> None:
    ws = host.workspace()
    with ws.runs.start("first", experiment="flights", params={"depth": 6}) as run:
        run.log(auc=0.7)
    body, headers = json.dumps({"columns": ["metrics.auc"]}), {"Content-Type": "application/json"}
    answer = await jp_fetch("mlnb/api/1.0/runs/csv", method="POST", body=body, headers=headers)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "runs.csv" in answer.headers["Content-Disposition"]
    assert answer.body.decode() == f"run_id,metrics.auc\r\n{run.run_id},0.7\r\n"
    status, error = await ask("POST", "api/1.0/runs/query", {"filter": "metrics.auc > 'x'"})
    assert (status, error["error_code"]) == (400, "INVALID_SEARCH")
    _, checked = await ask("POST", "api/1.0/runs/filter/check", {"filter": "metrics.auc > 'x'"})
    assert (checked["ok"], checked["position"], checked["end"]) == (False, 14, 17)
    status, diff = await ask("POST", "api/1.0/runs/diff", {"run_ids": [run.run_id, "first"]})
    assert (status, len(diff["same"])) == (200, 8)
