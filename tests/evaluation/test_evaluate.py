"""Models are scored on rows they have not seen, overall and by slice, and the result is kept with the run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError, MlnbError
from mlnb.evaluation.records import EvaluationResult, evaluation_slices, evaluations
from mlnb.training.scoring.metrics import UnknownMetricError

CARD = """
target: {table: main.ml.flights, column: late}
problem: classification
metrics: [{name: roc_auc, primary: true, min: 0.7, by: [carrier], slice_min: 0.6}]
signoff: {approvers: [user:ada]}
"""


def make_frame(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "delay": rng.normal(size=rows),
            "distance": rng.uniform(100, 2000, size=rows),
            "carrier": rng.choice(["AA", "B6", "UA"], size=rows),
        }
    )
    noise = np.where(frame["carrier"] == "B6", 4.0, 0.5)
    frame["late"] = frame["delay"] + noise * rng.normal(size=rows) > 0
    frame.loc[frame.index[:4], "carrier"] = "ZZ"
    return frame


@pytest.fixture
def table(ws: Any) -> str:
    ws.catalog.create_schema("main.ml", if_not_exists=True)
    ws.catalog.create_table("main.ml.flights", make_frame())
    return "main.ml.flights"


@pytest.fixture
def run(ws: Any) -> Any:
    """A finished run with a logged model that was fitted on other rows."""
    from sklearn.linear_model import LogisticRegression

    frame = make_frame(seed=1)
    inputs = frame[["delay", "distance"]]
    with ws.runs.start("first", experiment="flights") as made:
        made.log_model(LogisticRegression().fit(inputs, frame["late"]), "model", input_example=inputs)
    return made


@pytest.fixture
def nothing_changed(ws: Any) -> Iterator[None]:
    """Nothing is stored by a call that fails."""
    before = ws.journal.last_id()
    yield
    assert ws.journal.last_id() == before
    with ws.metastore.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(evaluations)).scalar() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(evaluation_slices)).scalar() == 0


def test_a_logged_model_is_scored_by_slice_and_kept_with_its_run(ws: Any, run: Any, table: str) -> None:
    from sklearn.metrics import roc_auc_score

    uri = run.models[0].uri
    result = ws.evaluation.evaluate(uri, table, targets="late", slices=["carrier"])
    frame = make_frame()
    import mlflow

    model = mlflow.sklearn.load_model(uri)
    score = model.predict_proba(frame[["delay", "distance"]])[:, 1]
    assert result.metrics["roc_auc"] == pytest.approx(roc_auc_score(frame["late"], score), abs=1e-12)
    low, high = result.intervals["roc_auc"]
    assert low < result.metrics["roc_auc"] < high
    assert (result.data, result.data_version, result.n_rows, result.run_id) == (table, 0, 600, run.run_id)
    assert (result.primary, result.worst.slice_value) == ("roc_auc", "B6")
    of_b6 = frame["carrier"] == "B6"
    assert result.worst.value == pytest.approx(roc_auc_score(frame["late"][of_b6], score[of_b6]), abs=1e-12)
    tiny = [row for row in result.slices if row.slice_value == "ZZ"]
    assert tiny
    assert all(row.n == 4 and row.lower is None for row in tiny)
    stored = ws.evaluation.latest("first")
    assert stored.model_dump(exclude={"curves"}) == result.model_dump(exclude={"curves"})
    assert stored == ws.evaluation.get(result.id)
    assert [item.id for item in ws.evaluation.list(run.run_id)] == [result.id]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow's plots, which the other tests do without."""
    monkeypatch.setenv("MLNB_EVALUATION__PLOTS", "true")


def test_plain_mlflow_sees_metrics_figures_and_the_data(drawn: None, ws: Any, run: Any, table: str) -> None:
    ws.catalog.append(table, make_frame(50, seed=9))
    result = ws.evaluation.evaluate(run.models[0].uri, table, targets="late", run="first")
    client = ws.tracking.client()
    stored = client.get_run(run.run_id)
    assert stored.info.status == "FINISHED"
    assert stored.data.metrics["roc_auc"] == result.metrics["roc_auc"]
    (used,) = stored.inputs.dataset_inputs
    assert used.dataset.name == table
    assert {tag.value for tag in used.tags} == {"evaluation"}
    logged = client.get_logged_model(run.models[0].model_id)
    assert {metric.dataset_name for metric in logged.metrics if metric.key == "roc_auc"} == {table}
    figures = [item.path for item in client.list_artifacts(run.run_id, "mlnb/figures")]
    assert sorted(figures) == sorted(result.figures)
    assert len(figures) == 3
    shown = {figure.path: figure.data_url for figure in ws.runs.figures("first")}
    assert set(shown) == {*result.figures, "confusion_matrix.png", "lift_curve_plot.png"}
    assert all(shown[path].startswith("data:image/svg+xml") for path in result.figures)
    plots = {item.path for item in client.list_artifacts(run.run_id)}
    assert {"roc_curve_plot.png", "precision_recall_curve_plot.png", "calibration_curve_plot.png"} <= plots
    kept = json.loads(ws.runs.read_artifact("first", f"mlnb/evaluations/{result.id}.json"))
    assert kept["data_version"] == 1
    assert kept["metrics"]["roc_auc"] == result.metrics["roc_auc"]
    event = ws.journal.tail(1)[0]
    assert (event.action, event.subject) == ("evaluation.created", f"run:{run.run_id}")


def test_an_earlier_version_of_the_data_can_be_named(ws: Any, run: Any, table: str) -> None:
    ws.catalog.append(table, make_frame(50, seed=9))
    result = ws.evaluation.evaluate(run.models[0].uri, table, targets="late", version=0, bootstrap=0)
    assert (result.data_version, result.n_rows, result.intervals) == (0, 600, {})


def test_frames_functions_and_estimators_are_scored_too(ws: Any, table: str) -> None:
    frame = ws.catalog.read(table)
    by_rule = ws.evaluation.evaluate(lambda rows: rows["delay"] > 0, frame, targets="late", bootstrap=0)
    assert (by_rule.data, by_rule.data_version, by_rule.run_id) == (table, 0, None)
    assert by_rule.metrics["accuracy_score"] == pytest.approx(((frame["delay"] > 0) == frame["late"]).mean())
    assert "roc_auc" not in by_rule.metrics
    assert "no probabilities" in by_rule.notes[0]
    by_chance = ws.evaluation.evaluate(
        lambda rows: np.full(len(rows), 0.3), frame, targets=frame["late"], model_type="classifier"
    )
    assert by_chance.metrics["roc_auc"] == 0.5
    from sklearn.linear_model import LinearRegression

    made = make_frame()
    fitted = LinearRegression().fit(made[["delay"]], made["distance"])
    values = ws.evaluation.evaluate(fitted, pd.DataFrame(made.to_dict("list")), targets="distance", slices="carrier")
    assert (values.data, values.model_type, values.primary) == ("frame", "regressor", "root_mean_squared_error")
    assert [curve.name for curve in values.curves] == ["Residuals"]
    assert ws.evaluation.list() != []


def test_classes_of_any_type_are_lined_up(ws: Any) -> None:
    from sklearn.tree import DecisionTreeClassifier

    made = make_frame()
    words = made["late"].map({True: "late", False: "in time"})
    inputs = made[["delay", "distance"]]
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(inputs, words)
    positive = ws.evaluation.evaluate(model, inputs.assign(y=words), targets="y", pos_label="late", bootstrap=0)
    negative = ws.evaluation.evaluate(model, inputs.assign(y=words), targets="y", pos_label="in time", bootstrap=0)
    assert positive.metrics["roc_auc"] == pytest.approx(negative.metrics["roc_auc"])
    assert positive.metrics["positive_rate"] == pytest.approx(1 - negative.metrics["positive_rate"])
    three = made["delay"].rank(pct=True).mul(3).clip(upper=2.999).astype(int)
    many = DecisionTreeClassifier(max_depth=3, random_state=0).fit(inputs, three)
    result = ws.evaluation.evaluate(many, inputs.assign(y=three), targets="y")
    assert {"roc_auc", "log_loss", "f1_score"} <= set(result.metrics)
    only_one = ws.evaluation.evaluate(model, inputs.assign(y="late"), targets="y", pos_label="late", bootstrap=0)
    assert "roc_auc" not in only_one.metrics
    assert only_one.metrics["positive_rate"] == 1.0


def test_a_model_with_its_own_loader_is_asked_with_all_columns(ws: Any, table: str) -> None:
    import mlflow

    class Looker(mlflow.pyfunc.PythonModel):
        def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> Any:
            return np.where(model_input["carrier"] == "AA", 0.9, 0.2)

    with ws.runs.start("own") as made:
        made.log_model(Looker(), "model")
    result = ws.evaluation.evaluate(made.models[0].uri, table, targets="late")
    assert 0 < result.metrics["roc_auc"] < 1
    assert result.run_id == made.run_id


def test_an_open_run_keeps_the_result_and_its_card_shows_it(ws: Any, table: str) -> None:
    with ws.runs.start("open") as made:
        result = ws.evaluation.evaluate(lambda rows: rows["delay"] > 0, table, targets="late")
    assert result.run_id == made.run_id
    assert made.summary.metrics["accuracy_score"] == result.metrics["accuracy_score"]
    assert [item.name for item in ws.runs.get(made).data] == [table]


def test_differences_from_an_earlier_evaluation_are_given(ws: Any, run: Any, table: str) -> None:
    first = ws.evaluation.evaluate(lambda rows: rows["delay"] > 0, table, targets="late", bootstrap=0)
    second = ws.evaluation.evaluate(run.models[0].uri, table, targets="late", bootstrap=0, reference=first.id)
    assert second.changes["accuracy_score"] == second.metrics["accuracy_score"] - first.metrics["accuracy_score"]
    assert ws.evaluation.get(second.id).changes == second.changes


def test_only_the_metrics_asked_for_are_kept(ws: Any, run: Any, table: str) -> None:
    result = ws.evaluation.evaluate(
        run.models[0].uri, table, targets="late", metrics=["auc", "log_loss"], slices="carrier"
    )
    assert set(result.metrics) == {"roc_auc", "log_loss", "example_count"}
    assert {row.metric for row in result.slices} == {"roc_auc", "log_loss"}


def test_rows_without_a_target_are_left_out_unless_they_are_many(ws: Any, run: Any, nothing_changed: None) -> None:
    frame = make_frame().astype({"late": object})
    frame.loc[frame.index[:30], "late"] = None
    with pytest.raises(MlnbError) as caught:
        ws.evaluation.evaluate(run.models[0].uri, frame, targets="late")
    assert caught.value.code == "EVALUATION_DATA"
    assert "30 of 600" in caught.value.message


def test_a_few_missing_targets_are_counted(ws: Any, run: Any) -> None:
    frame = make_frame().astype({"late": object})
    frame.loc[frame.index[:3], "late"] = None
    result = ws.evaluation.evaluate(run.models[0].uri, frame, targets="late", bootstrap=0)
    assert (result.n_rows, result.dropped_rows) == (597, 3)
    assert "3 rows without late were left out." in result.notes


def test_bad_input_names_code_and_hint_and_stores_nothing(ws: Any, run: Any, table: str, nothing_changed: None) -> None:
    uri, evaluate = run.models[0].uri, ws.evaluation.evaluate
    empty = make_frame().head(0)
    cases: list[tuple[tuple[Any, Any], dict[str, Any], str, str]] = [
        ((uri, "main.ml.flihgts"), {"targets": "late"}, "TABLE_OR_VIEW_NOT_FOUND", "Did you mean main.ml.flights?"),
        ((uri, table), {"targets": "lat"}, "COLUMN_NOT_FOUND", "late"),
        ((uri, table), {"targets": "late", "slices": ["carier"]}, "COLUMN_NOT_FOUND", "Did you mean carrier?"),
        ((uri, table), {"targets": "late", "metrics": ["auk"]}, "METRIC_NOT_FOUND", "auc"),
        ((uri, table), {"targets": "late", "metrics": ["rmse"]}, "METRIC_NOT_FOUND", "roc_auc"),
        ((uri, table), {"targets": "late", "model_type": "ranker"}, "INVALID_PARAMETER_VALUE", "classifier"),
        ((uri, table), {"targets": "late", "run": "nope"}, "RUN_NOT_FOUND", "%runs"),
        ((uri, table), {"targets": "late", "pos_label": "maybe"}, "EVALUATION_DATA", "False, True"),
        ((uri, table), {"targets": "late", "reference": "nope"}, "EVALUATION_NOT_FOUND", "ws.evaluation.list"),
        ((uri, table), {"targets": "late", "version": 9}, "", ""),
        (("models:/main.ml.none/1", table), {"targets": "late"}, "MODEL_NOT_FOUND", "models:/"),
        (("models:/m-" + "0" * 32, table), {"targets": "late"}, "MODEL_NOT_FOUND", "models:/"),
        (("runs:/" + "0" * 32 + "/model", table), {"targets": "late"}, "MODEL_NOT_FOUND", "models:/"),
        ((object(), table), {"targets": "late"}, "EVALUATION_DATA", "fitted model"),
        ((uri, empty), {"targets": "late"}, "EVALUATION_DATA", "has some"),
        ((uri, make_frame().drop(columns="delay")), {"targets": "late"}, "EVALUATION_DATA", "columns and types"),
        ((uri, {"a": 1}), {"targets": "late"}, "EVALUATION_DATA", "data frame"),
        ((uri, make_frame()), {"targets": [1, 0]}, "EVALUATION_DATA", "one target a row"),
        ((lambda rows: rows["delay"].head(3), table), {"targets": "late"}, "EVALUATION_DATA", "one answer a row"),
    ]
    for (model, data), options, code, hint in cases:
        with pytest.raises(MlnbError) as caught:
            evaluate(model, data, **options)
        assert caught.value.code == code or not code, caught.value
        assert hint in (caught.value.hint or ""), caught.value
    with pytest.raises(UnknownMetricError):
        evaluate(uri, table, targets="late", metrics=["r2"])


def test_gates_read_the_newest_evaluation_of_the_run(ws: Any, run: Any, table: str) -> None:
    ws.scopes.put("late_flights", CARD)
    before = ws.evaluation.gates(run, scope="late_flights")
    assert not before.passed
    assert {item.gate: item.status for item in before.results}["metric:roc_auc"] == "unknown"
    ws.evaluation.evaluate(run.models[0].uri, table, targets="late", slices=["carrier"])
    after = {item.gate: item for item in ws.evaluation.gates(run, scope="late_flights").results}
    assert after["metric:roc_auc"].status == "pass"
    assert after["slices"].status == "fail"
    assert "B6" in after["slices"].message
    assert after["signature"].status == "pass"
    assert "evaluation" in (after["metric:roc_auc"].evidence or "")
    with pytest.raises(InvalidParameterError, match="without a scope card"):
        ws.evaluation.gates(run)
    with ws.runs.start("scoped", scope="late_flights") as scoped:
        pass
    assert ws.evaluation.gates(scoped).scope_name == "late_flights"


def test_the_result_shows_itself_small_and_escaped(ws: Any, run: Any) -> None:
    from mlnb.display import html_of

    frame = make_frame().replace({"carrier": {"UA": "<script>x</script>"}})
    result = ws.evaluation.evaluate(run.models[0].uri, frame, targets="late", slices=["carrier", "distance"])
    page = html_of(result) or ""
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "too few to judge" in page
    assert page.count("<svg") >= 3
    assert len(page) < 100_000
    assert "worst carrier: B6" in str(result)


def test_routes_make_list_and_return_evaluations(ws: Any, run: Any, table: str) -> None:
    from mlnb.server.evaluation import ROUTES as OURS
    from mlnb.server.training import ROUTES as RUNS

    by_path = {(item.verb, item.path.removeprefix("/api/1.0/")): item for item in (*OURS, *RUNS)}

    def ask(verb: str, path: str, **values: Any) -> Any:
        found = by_path[verb, path]  # type: ignore[index]
        answer = found.call(ws, found.request(**values))  # type: ignore[misc]
        return json.loads(answer.model_dump_json(exclude_none=True))

    made = ask("POST", "evaluations", model=run.models[0].uri, data=table, targets="late", slices=["carrier"])
    assert ask("GET", "evaluations/{id}", id=made["id"])["metrics"] == made["metrics"]
    assert [item["id"] for item in ask("GET", "runs/{id}/evaluations", id="first")["evaluations"]] == [made["id"]]
    (shown,) = ask("GET", "runs/{id}", id="first")["evaluations"]
    assert (shown["data"], shown["data_version"]) == (table, 0)
    assert {"slice_key", "slice_value", "n", "metric", "value"} <= set(shown["slices"][0])
    assert len(ask("GET", "runs/{id}", id="first")["figures"]) == 3
    EvaluationResult(**made)


def test_a_model_that_looks_features_up_is_asked_with_keys_and_slices_alone(ws: Any) -> None:
    import mlflow.sklearn
    from sklearn.linear_model import LogisticRegression

    from mlnb.features import FeatureEngineeringClient, FeatureLookup

    ws.catalog.create_schema("main.ml", if_not_exists=True)
    rng = np.random.default_rng(0)
    planes = pd.DataFrame({"plane": [f"N{number}" for number in range(50)], "age": rng.uniform(0, 30, 50)})
    labels = pd.DataFrame({"plane": rng.choice(planes["plane"], 500), "carrier": rng.choice(["AA", "UA"], 500)})
    ages = labels.merge(planes, on="plane")["age"]
    labels["late"] = (ages.to_numpy() + 8 * rng.normal(size=500)) > 15
    client = FeatureEngineeringClient()
    client.create_table(name="main.ml.planes", primary_keys=["plane"], df=planes)
    ws.catalog.create_table("main.ml.labels", labels)
    lookups = [FeatureLookup(table_name="main.ml.planes", feature_names=["age"], lookup_key=["plane"])]
    chosen = client.create_training_set(
        df=labels, feature_lookups=lookups, label="late", exclude_columns=["plane", "carrier"]
    )
    with ws.runs.start("features", experiment="flights") as made:
        frame = chosen.load_df()
        model = LogisticRegression().fit(frame[["age"]], frame["late"])
        client.log_model(model=model, name="model", flavor=mlflow.sklearn, training_set=chosen)
    (logged,) = ws.runs.get(made).models
    assert made.summary.models == [logged]
    result = ws.evaluation.evaluate(logged.uri, "main.ml.labels", targets="late", slices=["carrier"])
    assert result.run_id == made.run_id
    assert result.metrics["roc_auc"] > 0.7
    assert {row.slice_value for row in result.slices} == {"AA", "UA"}
    assert {item.name for item in ws.runs.get(made).data} >= {"main.ml.planes"}
