"""``%%mlrun`` and ``%runs`` in a real shell and a real kernel."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlnb.core.errors import MlnbError
from mlnb.magics.base import UsageError

TRAIN = """%%mlrun --experiment flights --name first --tag team=ops --tag "owner=ada b" --note "a try" --log-models --seed 3
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
C = 0.5
X = rows[["delay", "distance"]]
model = LogisticRegression(C=C).fit(X, rows["late"])
%time print("trained")
{"auc": roc_auc_score(rows["late"], model.predict_proba(X)[:, 1])}
"""


@pytest.fixture
def prepared(ws: Any, cell: Callable[[str], Any], table: str) -> Callable[[str], Any]:
    """The cell runner, with the table's rows in the variable ``rows``."""
    assert cell(f"import mlnb\nws = mlnb.workspace()\nrows = ws.catalog.read('{table}')").success
    return cell


def test_the_cell_becomes_a_run_and_its_variables_stay(
    ws: Any, prepared: Callable[[str], Any], shell: Any, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import mlflow

    result = shell.run_cell(TRAIN, store_history=True, cell_id="abc-1")
    assert result.success
    assert ws.runs.get("first").source.cell_id == "abc-1"
    assert mlflow.active_run() is None
    assert "model" in shell.user_ns
    run = ws.runs.get("first")
    assert run.status == "FINISHED"
    assert run.experiment_name == "flights"
    assert run.params["C"] == "0.5"
    assert run.params["solver"] == "lbfgs"  # MLflow's autologging
    assert {"auc", "training_roc_auc"} <= set(run.metrics)
    assert (run.tags["team"], run.tags["owner"], run.note) == ("ops", "ada b", "a try")
    assert [(item.name, item.version, item.observed) for item in run.data] == [(table, 0, False)]
    assert [model.name for model in run.models] == ["model"]
    assert run.source.code == TRAIN.split("\n", 1)[1]
    assert run.git.commit is None
    output = capsys.readouterr().out
    assert "trained" in output
    assert "first (" in output  # the card's text form
    assert "trained" in ws.runs.output("first")


@pytest.mark.parametrize(
    "fit",
    [
        'LogisticRegression().fit(rows[["distance", "delay"]], rows["late"])',
        'make_pipeline(StandardScaler(), LogisticRegression()).fit(rows.loc[:, ["distance", "delay"]], rows["late"])',
    ],
)
def test_a_model_fitted_on_some_columns_of_a_frame_has_their_signature(
    ws: Any, prepared: Callable[[str], Any], fit: str
) -> None:
    import mlflow

    assert prepared(
        "from sklearn.linear_model import LogisticRegression\nfrom sklearn.pipeline import make_pipeline\n"
        'from sklearn.preprocessing import StandardScaler\nother = rows.assign(delay="text", distance="text")'
    ).success
    # a frame of another cell that has these columns too, of another type, says nothing
    assert prepared(f"%%mlrun --name cut --log-models\nmodel = {fit}").success
    (logged,) = ws.runs.get("cut").models
    signature = mlflow.models.get_model_info(logged.uri).signature
    assert [(item.name, item.type.name) for item in signature.inputs] == [("distance", "double"), ("delay", "double")]


def test_a_frame_that_the_model_does_not_take_gives_no_signature(ws: Any, prepared: Callable[[str], Any]) -> None:
    import mlflow

    assert prepared("from sklearn.linear_model import LogisticRegression").success
    body = """%%mlrun --name coded --log-models
def prepare(frame):
    return frame[["carrier"]].assign(carrier=frame["carrier"].astype("category").cat.codes)
model = LogisticRegression().fit(prepare(rows), rows["late"])"""
    assert prepared(body).success
    (logged,) = ws.runs.get("coded").models
    assert mlflow.models.get_model_info(logged.uri).signature is None


def test_a_failing_cell_fails_once_and_its_run_is_failed(
    ws: Any, prepared: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    result = prepared("%%mlrun --name bad\ndepth = 6\n1 / 0")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    run = ws.runs.get("bad")
    assert (run.status, run.error, run.params) == ("FAILED", "ZeroDivisionError: division by zero", {"depth": "6"})
    text = capsys.readouterr().out
    assert text.count("ZeroDivisionError: division by zero") == 1
    assert "mlrun.py" not in text


def test_an_interrupted_cell_is_killed(ws: Any, prepared: Callable[[str], Any]) -> None:
    result = prepared("%%mlrun --name stopped\nraise KeyboardInterrupt")
    assert isinstance(result.error_in_exec, KeyboardInterrupt)
    assert ws.runs.get("stopped").status == "KILLED"


@pytest.mark.parametrize(
    ("line", "body", "error", "code"),
    [
        ("--nmae x", "1", UsageError, "INVALID_PARAMETER_VALUE"),
        ("--name 'x", "1", UsageError, "INVALID_PARAMETER_VALUE"),
        ("--tag team", "1", UsageError, "INVALID_PARAMETER_VALUE"),
        ("--metrics 'a b'", "1", UsageError, "INVALID_PARAMETER_VALUE"),
        ("--metrics auk", "auc = 1", MlnbError, "NAME_NOT_DEFINED"),
        ("--params deep", "depth = 1", MlnbError, "NAME_NOT_DEFINED"),
        ("--scope nope", "1", MlnbError, "SCOPE_NOT_FOUND"),
        ("--send rows", "1", UsageError, "INVALID_PARAMETER_VALUE"),
        ("--with setup", "1", UsageError, "INVALID_PARAMETER_VALUE"),
        ("--seed x", "1", UsageError, "INVALID_PARAMETER_VALUE"),
        ("", "  ", UsageError, "INVALID_PARAMETER_VALUE"),
        ("", "import asyncio\nawait asyncio.sleep(0)", UsageError, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_bad_options_stop_the_cell_before_it_runs(
    ws: Any, cell: Callable[[str], Any], shell: Any, line: str, body: str, error: type[Exception], code: str
) -> None:
    ws.catalog.exists("main.ml.flights")
    before = ws.journal.last_id()
    result = cell(f"%%mlrun {line}\n{body}\nran = True")
    if body.strip():
        assert isinstance(result.error_in_exec, error)
        assert result.error_in_exec.code == code
        assert result.error_in_exec.hint
        assert "ran" not in shell.user_ns
    assert ws.runs.search().total == (0 if body.strip() else 1)
    assert ws.journal.last_id() == before or not body.strip()


def test_a_missing_table_fails_the_cell_with_code_and_hint_and_the_run_says_why(
    ws: Any, cell: Callable[[str], Any], table: str
) -> None:
    result = cell("%%mlrun --name lost\nimport mlnb\nmlnb.workspace().catalog.read('main.ml.flihgts')")
    assert result.error_in_exec.code == "TABLE_OR_VIEW_NOT_FOUND"
    assert result.error_in_exec.hint == f"Did you mean {table}?"
    run = ws.runs.get("lost")
    assert run.status == "FAILED"
    assert "TABLE_OR_VIEW_NOT_FOUND" in (run.error or "")


def test_named_metrics_and_parameters_are_looked_up_after_the_cell(ws: Any, cell: Callable[[str], Any]) -> None:
    assert cell(
        "%%mlrun --name named --params k,api_key --metrics auc,scores,word --quiet\nk = 2 * 3\napi_key = 'x'\nauc = 0.5\nscores = {'f1': 1}\nword = 'w'"
    ).success
    run = ws.runs.get("named")
    assert run.params == {"k": "6"}
    assert run.metrics == {"auc": 0.5, "f1": 1.0}


def test_data_has_to_name_a_variable(ws: Any, cell: Callable[[str], Any], table: str, shell: Any) -> None:
    refused = cell(f"%%mlrun --data rwos={table}\nrows = 1\nran = True").error_in_exec
    assert isinstance(refused, MlnbError)
    assert (refused.code, refused.hint) == ("NAME_NOT_DEFINED", "Did you mean rows?")
    assert "ran" not in shell.user_ns


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("{'auc': 0.5, 'by': None}", "by is None, no number"),
        ("{'auc': 0.5, 'all': np.ones(2)}", "all is ndarray, no number"),
        ("{'auc': 0.5, 3: 1.0}", "the key 3 is int, no number"),
        ("{'tidé ✈': 0.5}", "Metric tidé ✈ is called tidé _"),
        ("{'name': 'x'}", None),
        ("{0: 10, 1: 20}", None),
        ("{'auc': np.array(0.5), 'n': np.int64(3)}", None),
    ],
)
def test_a_dictionary_that_is_nearly_metrics_says_what_is_wrong(
    ws: Any, cell: Callable[[str], Any], shell: Any, capsys: pytest.CaptureFixture[str], last: str, said: str | None
) -> None:
    assert cell(f"%%mlrun --name odd --no-autolog\nimport numpy as np\n{last}").success
    shown = capsys.readouterr().out
    assert (said in shown) if said else ("no number" not in shown and "is called" not in shown)
    logged = {key for key in ws.runs.get("odd").metrics if not key.startswith(("mlnb/", "system/"))}
    assert logged == ({"auc", "n"} if "int64" in last else {"tidé _"} if "✈" in last else set())


def test_nested_cells_need_to_say_so(ws: Any, cell: Callable[[str], Any]) -> None:
    cell(
        "import mlflow\nmlflow.start_run(experiment_id=mlnb_ws)"
        if False
        else "import mlflow, mlnb\nw = mlnb.workspace()\nw.tracking.configure()\nouter = mlflow.start_run(experiment_id=w.tracking.experiment_id('outer'))"
    )
    refused = cell("%%mlrun --name inner\n1")
    assert refused.error_in_exec.code == "RUN_ALREADY_ACTIVE"
    assert cell("%%mlrun --name inner --nested --experiment outer\n1").success
    assert cell("mlflow.end_run()").success
    assert ws.runs.get("inner").parent_run_id == ws.runs.resolve(ws.runs.get("inner").parent_run_id)


def test_runs_are_listed_the_best_first(
    ws: Any, cell: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    for name, auc, loss in (("a", 0.7, 0.5), ("b", 0.9, 0.1), ("c", 0.8, 0.9)):
        with ws.runs.start(name, experiment="flights") as run:
            run.log(auc=auc, loss=loss)
    best = cell("%runs --experiment flights --sort metrics.auc").result
    assert best.columns[0].values == ["b", "c", "a"]
    assert cell("%runs --sort metrics.loss --limit 1").result.columns[0].values == ["b"]
    assert cell('%runs "metrics.auc > 0.75" --sort "metrics.auc ASC"').result.columns[0].values == ["c", "b"]
    assert cell("%runs --experiment flihgts").error_in_exec.code == "EXPERIMENT_NOT_FOUND"
    assert "3 of 3 runs" in capsys.readouterr().out


def test_cards_escape_what_came_from_the_user(ws: Any) -> None:
    from mlnb.display import html_of

    with ws.runs.start("<b>x</b>", tags={"<i>": "<i>"}, params={"<u>": "<script>"}) as run:
        pass
    for shown in (run.summary, ws.runs.get(run), ws.runs.search()):
        page = html_of(shown) or ""
        assert "&lt;b&gt;x&lt;/b&gt;" in page
        assert "<script>" not in page
        assert f"mlnb:run/{run.run_id}" in page
        assert len(page) < 100_000


def test_a_real_kernel_records_notebook_figures_and_shows_a_card(
    ws: Any, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("MLNB_NOTEBOOK", str(ws.root / "analysis.ipynb"))
    book = nbformat.v4.new_notebook()
    book.cells = [
        nbformat.v4.new_code_cell("%load_ext mlnb\nimport mlnb\nws = mlnb.workspace()"),
        nbformat.v4.new_code_cell(
            "%%mlrun --name kernel --params auto\nimport matplotlib.pyplot as plt\ndepth = 3\n"
            f"rows = ws.catalog.read('{table}')\nplt.plot([1, 2])\nplt.show()\nplt.figure()\nplt.plot([3])\n"
            "{'rows': len(rows)}"
        ),
    ]
    NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ws.root)}}).execute()
    run = ws.runs.get("kernel")
    assert run.source.notebook == "analysis.ipynb"
    assert run.experiment_name == "analysis.ipynb"
    assert run.tags.get("mlnb.mode") == "cell"
    assert (run.metrics, run.params) == ({"rows": 400.0}, {"depth": "3"})
    assert [(item.name, item.version, item.observed) for item in run.data] == [(table, 0, True)]
    assert [Path(figure.path).suffix for figure in ws.runs.figures("kernel")] == [".png", ".png"]
    shown = [output.get("data", {}).get("text/html") for output in book.cells[1].outputs]
    cards = [html for html in shown if html]  # a line that said the run begins is empty by now
    assert len(cards) == 1
    assert f"mlnb:run/{run.run_id}" in cards[0]
    texts = json.dumps(book.cells[1].outputs)
    assert "image/png" in texts
    assert "{'rows': 400}" in texts


def test_the_line_of_a_run_with_many_metrics_stays_a_line() -> None:
    from mlnb.training.records import RunSummary

    values = {f"m{number}": 1.0 for number in range(1500)}
    said = str(
        RunSummary(
            run_id="0" * 32, name="many", experiment_id="1", experiment_name="e", status="FINISHED", duration_ms=1000,
            metrics=values,
        )
    )  # fmt: skip
    assert said.endswith("m19=1 and 1,480 more")
