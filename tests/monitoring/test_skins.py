"""Monitors over REST, on the command line, as a magic and as cards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from monitoring_data import make_baseline, make_log

from mlnb.core.errors import MlnbError
from mlnb.monitoring.records import InferenceLog


@pytest.fixture
def ask(ws: Any) -> Any:
    from mlnb.server.monitoring import ROUTES
    from mlnb.server.operations import Incoming, perform
    from mlnb.server.router import Router

    router = Router(ROUTES)

    def ask(verb: str, path: str, body: Any = None, /, **query: Any) -> Any:
        match = router.find(verb, f"/api/1.0/monitors{path}")
        sent = json.dumps(body).encode() if body is not None else b""
        values = {name: [str(value)] for name, value in query.items()}
        answer = perform(match.route, ws, Incoming(verb, path, match.params, values, {}, sent), max_json_bytes=10**6)
        return json.loads(answer.body)

    return ask


@pytest.fixture
def refreshed(ws: Any, catalog: Any) -> Any:
    """A refreshed monitor behind the workspace's own door, with an alert that is triggered and a decision."""
    quiet, shifted = make_log(2, 200), make_log(1, 200, first_day=2, shift=1.2)
    for name, data in (("log", quiet.rows), ("truth", quiet.labels), ("base", make_baseline(600))):
        catalog.create_table(f"main.default.{name}", data)
    catalog.append("main.default.log", shifted.rows)
    from mlnb.monitoring.records import LabelSource

    profile = InferenceLog(
        timestamp_col="at_time",
        granularities=["1 day", "1 week"],
        problem_type="classification",
        prediction_col="prediction",
        model_id_col="model_id",
        labels=LabelSource(table="main.default.truth", request_id_col="databricks_request_id", label_col="late"),
    )
    ws.monitors.create("main.default.log", profile=profile, baseline_table_name="main.default.base")
    ws.monitors.alert("log", "<drift>", metric="js", threshold=0.2, k=1, n=2)
    ws.monitors.refresh("log")
    ws.monitors.decide_retraining("log")
    return ws


def test_the_screens_answer_with_the_agreed_shapes(ask, refreshed):
    line = ask("GET", "")["monitors"][0]
    assert (line["table_name"], line["state"], line["alerts_open"], line["drifted_columns"]) == (
        "main.default.log",
        "alert",
        1,
        2,
    )
    assert isinstance(line["last_refresh"], int)
    page = ask("GET", "/main.default.log")
    assert page["refreshes"][0]["state"] == "SUCCESS"
    assert page["alerts"][0]["state"] == "TRIGGERED"
    decision = page["decisions"][0]
    assert {"id", "time", "decision", "reason", "evidence"} <= decision.keys()
    drift = ask("GET", "/main.default.log/drift", metric="psi")
    assert drift["metric"] == "population_stability_index"
    assert [len(row) for row in drift["values"]] == [len(drift["windows"])] * len(drift["columns"])
    auc = ask("GET", "/main.default.log/series", metric="roc_auc", granularity="1 day")
    assert (len(auc["t"]), auc["series"][0]["name"], auc["series"][1]["name"]) == (3, "current", "baseline")
    assert auc["series"][0]["values"][2] is None
    nulls = ask("GET", "/main.default.log/series", metric="percent_null", column="late")
    assert nulls["series"][0]["values"] == [0.0, 0.0, 100.0]
    for path, query, code in (
        ("/main.default.nothing", {}, "RESOURCE_DOES_NOT_EXIST"),
        ("/main.default.log/drift", {"metric": "x"}, "INVALID_PARAMETER_VALUE"),
    ):
        with pytest.raises(MlnbError) as error:
            ask("GET", path, **query)
        assert error.value.code == code


def test_a_monitor_an_alert_and_a_decision_are_made_over_rest(ask, ws, catalog):
    catalog.create_table("main.default.log", make_log(1, 50).rows)
    body = {
        "table_name": "main.default.log",
        "profile": {"type": "time_series", "timestamp_col": "at_time", "granularities": ["1 day"]},
    }
    assert ask("POST", "", body)["monitor_version"] == 1
    ws.monitors.refresh("log")
    alert = ask("POST", "/main.default.log/alerts", {"name": "a", "metric": "psi", "threshold": 0.2, "k": 1, "n": 1})
    assert ask("POST", f"/alerts/{alert['id']}/disable")["enabled"] is False
    assert ask("POST", "/main.default.log/decide-retraining", {})["decision"] == "KEEP"
    assert ask("DELETE", "/main.default.log") == {}
    assert ask("GET", "") == {"monitors": []}


def command(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    from mlnb.cli.main import main

    capsys.readouterr()
    try:
        main(list(arguments))
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_command_line_lists_refreshes_and_decides(refreshed, capsys):
    assert "main.default.log" in command(capsys, "monitor", "list")[1]
    assert json.loads(command(capsys, "monitor", "list", "--json")[1])[0]["state"] == "alert"
    assert "triggered: <drift>" in command(capsys, "monitor", "show", "log")[1]
    assert json.loads(command(capsys, "monitor", "refresh", "log", "--json")[1])["state"] == "SUCCESS"
    assert "SUCCESS" in command(capsys, "monitor", "refreshes", "log")[1]
    assert json.loads(command(capsys, "monitor", "alerts", "--json")[1])[0]["state"] == "TRIGGERED"
    assert "WAIT" in command(capsys, "monitor", "decide", "log")[1]
    made = command(capsys, "monitor", "alert", "log", "roc_auc", "--below", "0.5", "--json")[1]
    assert json.loads(made)["rule"]["direction"] == "below"
    code, _, err = command(capsys, "monitor", "show", "lag")
    assert (code, "RESOURCE_DOES_NOT_EXIST" in err, "Hint:" in err) == (1, True, True)


def magic(ws: Any, line: str) -> Any:
    from mlnb.magics.base import MagicCall
    from mlnb.magics.monitor import MAGICS
    from mlnb.magics.run import parse

    return MAGICS[0].run(MagicCall(ws, parse(MAGICS[0], line), None, None))  # type: ignore[arg-type]


def test_the_magic_creates_refreshes_shows_and_sets_alerts(ws, catalog):
    catalog.create_table("main.default.log", make_log(2, 60).rows)
    made = magic(
        ws,
        "create main.default.log --type inference --time at_time --prediction prediction --model model_id "
        '--every "1 day" --slice "hour > 12"',
    )
    assert made.slicing_exprs == ["hour > 12"]
    assert magic(ws, "refresh log").state == "ok"
    alert = magic(ws, "alert log js --above 0.5 -k 1 -n 1 --min-rows 10")
    assert (alert.name, alert.state) == ("js above 0.5", "OK")
    assert magic(ws, "decide log").decision == "KEEP"
    assert magic(ws, "")[0].table_name == "main.default.log"
    assert magic(ws, "alerts log")[0].name == "js above 0.5"
    for line, message in (
        ("create main.default.log --type timeseries", "--time names the column"),
        ("create main.default.log --type inference --time at_time", "needs --prediction and --model"),
        ("endpoint x --labels a:b", "is not TABLE:ID:LABEL"),
        ("alert log js", "required"),
        ("alert log js --above 1 --below 2", "not allowed"),
        ("frobnicate", "invalid choice"),
    ):
        with pytest.raises(MlnbError, match=message):
            magic(ws, line)
    assert magic(ws, "delete log") is None
    assert ws.monitors.list() == []


def test_cards_are_small_escaped_and_without_script(refreshed):
    from mlnb.display import html_of

    monitors = refreshed.monitors
    shown = [
        monitors.verdict("log"),
        monitors.get("log"),
        monitors.alerts("log")[0],
        monitors.decisions("log")[0],
        monitors.refreshes("log")[0],
    ]
    for record in shown:
        html = html_of(record)
        assert html is not None
        assert len(html) < 100_000
        assert "<script" not in html
        assert "<drift>" not in html
    verdict = html_of(shown[0])
    assert verdict.count("<svg") >= 4
    assert "var(--jp-brand-color1" in verdict
    assert "roc_auc_score by 1 week" in verdict
    assert "2 of" in str(shown[0])
    assert "columns have drifted" in str(shown[0])
