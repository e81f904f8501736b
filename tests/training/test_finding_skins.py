"""Routes, magics and commands that find runs and compare them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from mlnb.cli.runs import runs as command
from mlnb.core.errors import MlnbError
from mlnb.display import html_of
from mlnb.display.curves import ticks
from mlnb.server import discovery, runs_finding
from mlnb.server.route import RawResponse


def ask(ws: Any, path: str, **values: Any) -> Any:
    """Call a route as the server does and return what it sends."""
    routes = (*runs_finding.ROUTES, *discovery.ROUTES)
    found = next(item for item in routes if item.path == f"/api/1.0/{path}")
    assert found.request is not None
    answer = found.call(ws, found.request(**values))
    if isinstance(answer, RawResponse):
        assert not isinstance(answer.body, bytes)
        return b"".join(answer.body).decode()
    assert found.response is not None
    assert isinstance(answer, found.response)
    return json.loads(answer.model_dump_json(exclude_none=True))


@pytest.fixture
def two(ws: Any) -> list[str]:
    """A run with a child and a history, and one that failed with a metric that is no number."""
    from mlflow.entities import Metric

    ids = []
    with ws.runs.start("first", experiment="flights", params={"depth": 6}) as first:
        first.log(auc=0.7)
        with ws.runs.start("inner", experiment="flights", nested=True) as inner:
            inner.log(auc=0.1)
    ws.tracking.client().log_batch(first.run_id, [Metric("loss", 1 / (step + 1), step, step) for step in range(900)])
    ids.append(first.run_id)
    with pytest.raises(RuntimeError), ws.runs.start("second", experiment="flights", params={"depth": 9}) as second:
        second.log(auc=float("nan"))
        raise RuntimeError
    return [*ids, str(second.run_id)]


def test_a_block_over_rest_has_children_pins_states_and_groups(ws: Any, two: list[str]) -> None:
    ws.tracking.client().set_tag(two[0], "mlnb.pinned", "true")
    page = ask(ws, "runs/query", parent="", columns=["metrics.auc"], group_by="params.depth", limit=1, offset=1)
    assert (page["ids"], page["total"], page["children"], page["pinned"]) == ([two[0]], 2, {two[0]: 1}, [two[0]])
    six, nine = page["groups"]
    assert six == {
        "value": "6",
        "runs": 1,
        "ids": [two[0]],
        "metrics": {"metrics.auc": {"mean": 0.7, "min": 0.7, "max": 0.7, "count": 1}},
    }
    assert nine["metrics"] == {"metrics.auc": {"count": 0}}
    assert ask(ws, "runs/query", state=["FAILED"])["ids"] == [two[1]]
    assert ask(ws, "runs/query", deleted=True)["total"] == 0


def test_charts_and_files_over_rest_hold_what_json_can(ws: Any, two: list[str]) -> None:
    frame = ask(ws, "runs/frame", columns=["metrics.auc", "params.depth"], keep=[two[0]])
    assert (frame["total"], frame["sampled"]) == (3, False)
    assert "NaN" in frame["columns"][0]["values"]
    (curve,) = ask(ws, "runs/series", run_ids=two, metrics=["loss"], max_points=40)["curves"]
    assert (curve["total"], curve["thinned"], curve["x"][0], curve["x"][-1]) == (900, True, 0, 899)
    assert max(len(repr(value)) for value in curve["y"]) <= 11
    rows = list(
        csv.reader(io.StringIO(ask(ws, "runs/csv", columns=["metrics.auc"], order_by=["metrics.auc"], limit=50)))
    )
    assert [row[1] for row in rows] == ["metrics.auc", "0.1", "0.7", "nan"]


def test_comparisons_over_rest_hold_what_json_can(ws: Any, two: list[str]) -> None:
    diff = ask(ws, "runs/diff", run_ids=two)
    assert diff["metrics"][0]["key"] == "auc"
    assert diff["metrics"][0]["b"] == diff["metrics"][0]["difference"] == "NaN"
    assert diff["params"] == [{"key": "depth", "change": "changed", "a": "6", "b": "9"}]
    table = ask(ws, "runs/compare", run_ids=[*two, two[0]])
    assert len(table["runs"]) == 2
    assert table["metrics"][0] == {"key": "auc", "values": [0.7, "NaN"], "differs": True}
    assert ask(ws, "runs/filter/check", filter="metrics.auc > 0.7") == {"ok": True}
    assert ask(ws, "runs/filter/check", filter="metrics.auc > x")["position"] == 14
    found = ask(ws, "complete", language="runs-filter", text="params.d", cursor=8)
    assert found["items"][0]["text"] == "params.depth"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("runs/query", {"filter": "metrics.auc >"}, "INVALID_SEARCH"),
    ("runs/query", {"group_by": "metrics.auc"}, "INVALID_SEARCH"),
    ("runs/query", {"state": ["DONE"]}, "INVALID_SEARCH"),
    ("runs/query", {"parent": "nothing"}, "RUN_NOT_FOUND"),
    ("runs/query", {"experiment_ids": ["77"]}, "EXPERIMENT_NOT_FOUND"),
    ("runs/frame", {"columns": ["depth"]}, "INVALID_SEARCH"),
    ("runs/series", {"run_ids": ["f" * 32], "metrics": ["loss"]}, "RUN_NOT_FOUND"),
    ("runs/diff", {"run_ids": ["@last", "nothing"]}, "RUN_NOT_FOUND"),
    ("runs/compare", {"run_ids": ["@best:nothing"]}, "RUN_NOT_FOUND"),
    ("runs/csv", {"columns": ["metric"]}, "INVALID_SEARCH"),
    ("experiments/{id}/columns", {"id": "flights", "kind": "metric"}, "INVALID_SEARCH"),
]


def test_bad_questions_are_refused_with_a_code_and_a_hint(ws: Any, two: list[str]) -> None:
    for path, body, code in REFUSED:
        with pytest.raises(MlnbError) as caught:
            ask(ws, path, **body)
        assert caught.value.code == code, (path, body)
        assert caught.value.hint, (path, body)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("runs/frame", {"columns": [f"metrics.m{n}" for n in range(21)]}),
        ("runs/frame", {"columns": [], "max_points": 5001}),
        ("runs/series", {"run_ids": ["x"] * 101, "metrics": ["a"]}),
        ("runs/series", {"run_ids": ["x"], "metrics": ["a"], "x": "epoch"}),
        ("runs/diff", {"run_ids": ["x"]}),
        ("runs/compare", {"run_ids": []}),
    ],
)
def test_sizes_are_limited(path: str, body: Any) -> None:
    with pytest.raises(ValidationError):
        ask(None, path, **body)


def test_runs_and_rundiff_answer_in_a_cell(ws: Any, two: list[str], cell: Callable[[str], Any]) -> None:
    page = cell("%runs --sort auc --columns metrics.auc,params.depth --state finished").error_in_exec
    assert page is not None  # a column is written metrics.auc
    page = cell("%runs --sort metrics.auc --columns metrics.auc,params.depth --state finished").result
    assert page.ids[0] == two[0]
    groups = cell("%runs 'metrics.auc > 0' --group params.depth --columns metrics.auc").result
    assert [(group.value, group.runs) for group in groups] == [("6", 1), (None, 1)]
    assert "0.7" in groups._repr_html_()
    assert cell("%runs --deleted").result.total == 0
    diff = cell("%rundiff first second").result
    assert [item.key for item in diff.params] == ["depth"]
    assert len(cell("%rundiff first second inner").result.runs) == 3
    assert "differs from nothing" in str(cell("%rundiff first").error_in_exec)


def test_what_no_run_has_is_said_with_the_nearest_that_some_have(
    ws: Any, two: list[str], cell: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    def said(line: str) -> str:
        capsys.readouterr()
        assert cell(f"%runs {line}").success
        return capsys.readouterr().out

    assert "No run here has metrics.ach. Did you mean metrics.auc?" in said("--sort metrics.ach")
    assert "No run here has params.dept. Did you mean params.depth?" in said("--group params.dept")
    assert "No run here has metrics.depth. Did you mean params.depth?" in said("--columns metrics.depth")
    assert "No run here has metrics.aucc" in said("'metrics.aucc > 0.5' --experiment flights")
    fine = "'metrics.auc > 9 AND params.depth = \"6\"' --sort metrics.loss --columns metrics.loss@min,params.depth"
    assert "No run" not in said(fine)
    assert "No run" not in said("--deleted --columns metrics.auc")
    wrong = cell("%runs --sort 'metrics.auc DECS'").error_in_exec
    assert (wrong.code, wrong.hint) == ("INVALID_SEARCH", "Write metrics.auc DESC.")
    assert "metrics.auc, params.auc" in cell("%runs 'auc > 0.7'").error_in_exec.hint
    assert "Write metrics.depth, params.depth" in cell("%runs --group depth").error_in_exec.hint
    listed = CliRunner().invoke(command, ["list", "--column", "metrics.ach"], catch_exceptions=False)
    assert (listed.exit_code, "Did you mean metrics.auc?" in listed.stderr) == (0, True)


def test_outputs_say_what_matters_and_escape_what_users_wrote(ws: Any, two: list[str]) -> None:
    client = ws.tracking.client()
    client.set_tag(two[1], "mlflow.runName", "<script>alert(1)</script>")
    client.set_tag(two[1], "team", "<i>")
    ws.runs.write_artifacts(two[0], {"mlnb/executed.jsonl": json.dumps({"position": 0, "source": "<img>"})})
    ws.runs.write_artifacts(two[1], {"mlnb/executed.jsonl": json.dumps({"position": 0, "source": "<img src>"})})
    shown = [
        html_of(ws.runs.search(columns=["run_name", "status", "metrics.auc"])),
        html_of(ws.runs.diff(*two)),
        html_of(ws.runs.compare(two)),
        html_of(ws.runs.series(two, "loss")),
        html_of(ws.runs.series(two, "nothing")),
    ]
    for text in shown:
        assert text
        assert not any(raw in text for raw in ("<script>alert", "<i>", "<img"))
    assert "&lt;img src&gt;" in str(shown[1])
    assert "<polyline" in str(shown[3])
    assert "params" not in str(ws.runs.diff(two[0], two[0])).split("the same:")[0]


def test_the_command_line_lists_groups_compares_and_writes_csv(ws: Any, two: list[str], tmp_path: Path) -> None:
    def run(*words: str) -> str:
        answer = CliRunner().invoke(command, words, catch_exceptions=False)
        assert answer.exit_code == 0, answer.output
        return answer.output

    assert two[0][:8] in run("list", "metrics.auc > 0.5", "--state", "finished")
    assert json.loads(run("list", "--group", "params.depth", "--json"))[0]["value"] == "6"
    assert "~ depth: 6 → 9" in run("diff", "first", "second")
    assert json.loads(run("diff", "first", "second", "--json"))["params"][0]["key"] == "depth"
    assert "params.depth" in run("compare", "first", "second")
    assert run("csv", "--column", "params.depth").splitlines()[0] == "run_id,params.depth"
    run("csv", "-o", str(tmp_path / "runs.csv"))
    assert "metrics.loss" in (tmp_path / "runs.csv").read_text().splitlines()[0]


def test_the_shell_marks_the_place_in_a_filter(ws: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from mlnb.cli.main import main

    with pytest.raises(SystemExit):
        main(["runs", "list", "metrics.auc >> 0.7"])
    assert "    metrics.auc >> 0.7\n                 ^\nHint: " in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["runs", "show", "@best:"])
    assert "Write @best:roc_auc." in capsys.readouterr().err


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0.0, 1.0) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(-3, 97) == [0, 20, 40, 60, 80]
    assert ticks(5, 5) == [5]
