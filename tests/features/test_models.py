"""Models that carry their look-ups: logging, batch scoring, plain MLflow, the online store."""

from __future__ import annotations

import inspect
import time

import lightgbm
import mlflow
import mlflow.lightgbm
import mlflow.sklearn
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from mlnb.core.errors import InvalidParameterError, InvalidStateError, NotFoundError, NotProvidedError
from mlnb.features import FeatureEngineeringClient, FeatureLookup
from mlnb.features.errors import FeatureChangedError, NotAFeatureModelError, NotPublishedError
from mlnb.features.scoring import OnlineResolver, load_spec

COLUMNS = ["distance", "temperature", "wind", "year", "seats"]


@pytest.fixture
def training_set(features, labels, lookups):
    many = pd.concat([labels] * 20, ignore_index=True)
    return features.create_training_set(many, lookups, "late", ["requested_at", "origin", "tailnum"])


@pytest.fixture
def logged(ws, features, training_set):
    """A LightGBM classifier with its look-ups, logged in a run."""
    frame = training_set.load_df()
    model = lightgbm.LGBMClassifier(n_estimators=5, min_child_samples=2, verbose=-1)
    model.fit(frame[COLUMNS], frame["late"])
    ws.tracking.configure()
    with mlflow.start_run(experiment_id=ws.tracking.experiment_id("flights")):
        return features.log_model(model, "model", flavor=mlflow.lightgbm, training_set=training_set)


@pytest.fixture
def flights(labels):
    return labels.drop(columns="late").reset_index(drop=True)


def test_a_logged_model_has_signature_spec_and_requirements_and_takes_no_time(ws, features, logged, training_set):
    folder = features._model_folder(logged.model_uri)
    spec = load_spec(folder)
    assert {item.name: item.role for item in spec.inputs} == {
        "requested_at": "timestamp",
        "origin": "key",
        "tailnum": "key",
        "distance": "passthrough",
    }
    assert spec.model_columns == tuple(COLUMNS)
    assert spec.training_set == {"id": training_set.id, "digest": training_set.digest, "rows": 100}
    assert logged.signature.inputs.input_names() == ["requested_at", "origin", "tailnum", "distance"]
    assert logged.signature.outputs is not None
    requirements = [line.split("==")[0] for line in (folder / "requirements.txt").read_text().splitlines()]
    assert {"mlnb", "lightgbm", "mlflow", "pandas"} <= set(requirements)
    assert (folder / "raw_model" / "MLmodel").exists()
    model = mlflow.lightgbm.load_model(str(folder / "raw_model"))
    started = time.process_time()
    features.log_model(model, "again", flavor=mlflow.lightgbm, training_set=training_set)
    assert time.process_time() - started < 3  # inferring requirements would start a process and take ten


def test_scoring_needs_only_keys_times_and_columns_that_are_not_looked_up(features, logged, flights):
    scored = features.score_batch(logged.model_uri, flights)
    assert list(scored.columns) == [*flights.columns, "temperature", "wind", "year", "seats", "prediction"]
    pd.testing.assert_frame_equal(scored[list(flights.columns)], flights)
    assert scored["prediction"].dtype == "float64"
    assert scored["temperature"].tolist()[0] == 51.0


def test_the_callers_feature_wins_over_the_look_up(features, logged, flights):
    given = flights.assign(temperature=[1.0, 2.0, 3.0, 4.0, 5.0])
    scored = features.score_batch(logged.model_uri, given)
    assert scored["temperature"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert scored["seats"].tolist() == [100, -1, 149, 200, -1]
    everything = given.assign(wind=1, year=2000.0, seats=1).drop(columns=["origin", "tailnum", "requested_at"])
    assert len(features.score_batch(logged.model_uri, everything)) == 5


def test_plain_mlflow_looks_the_features_up_itself(features, logged, flights):
    expected = features.score_batch(logged.model_uri, flights)["prediction"].tolist()
    loaded = mlflow.pyfunc.load_model(logged.model_uri)
    naive = flights.assign(requested_at=flights["requested_at"].dt.tz_convert(None))
    assert loaded.predict(naive).tolist() == expected
    inner = loaded._model_impl
    assert inner.predict_proba(flights).shape == (5, 2)
    assert list(inner.classes_) == [0, 1]


def test_scoring_uses_the_newest_version_of_a_table(features, logged, flights, planes):
    features.write_table("main.default.planes", planes.assign(seats=[7, 8, 9]))
    assert features.score_batch(logged.model_uri, flights)["seats"].tolist() == [7, -1, 8, 9, -1]


def test_batch_and_online_see_the_same_features(ws, features, logged, flights):
    published = features.ensure_published(logged.model_uri)
    assert [table.name for table in published] == ["main.default.weather", "main.default.planes"]
    resolver = OnlineResolver(features.load_spec(logged.model_uri), ws.settings.online_store_url)
    online = resolver.resolve({name: flights[name].tolist() for name in flights})
    batch = features.score_batch(logged.model_uri, flights)
    for name, values in online.items():
        assert values == [None if pd.isna(v) else v for v in batch[name].tolist()]
    raw = mlflow.pyfunc.load_model(str(features._model_folder(logged.model_uri) / "raw_model"))
    frame = pd.DataFrame({"distance": flights["distance"]} | online)[COLUMNS].astype(float)
    assert raw.predict(frame).tolist() == batch["prediction"].tolist()


def test_publishing_again_happens_only_when_the_table_changed(ws, features, logged, planes):
    first = features.ensure_published(logged.model_uri)
    events = ws.journal.last_id()
    assert features.ensure_published(logged.model_uri)[0].published_at == first[0].published_at
    assert ws.journal.last_id() == events
    features.write_table("main.default.planes", planes.assign(seats=[7, 8, 9]))
    assert features.online("main.default.planes").state == "STALE"
    assert features.tables()[0].online.behind_versions == 1
    again = features.ensure_published(logged.model_uri)[1]
    assert (again.published_version, again.state) == (1, "AVAILABLE")
    assert features.online("main.default.planes").behind_versions == 0


def test_an_unpublished_table_is_named(ws, features, logged):
    with pytest.raises(NotPublishedError, match=r"main\.default\.weather"):
        OnlineResolver(features.load_spec(logged.model_uri), ws.settings.online_store_url)


@pytest.mark.parametrize("change", ["drop", "retype", "lose"])
def test_a_table_that_changed_behind_a_model_is_named(ws, features, logged, flights, planes, change):
    if change == "drop":
        features.drop_table("main.default.planes", force=True)
    elif change == "retype":
        ws.catalog.write("main.default.planes", planes.assign(seats=["a", "b", "c"]), mode="overwrite")
    else:
        ws.catalog.write("main.default.planes", planes.drop(columns="seats"), mode="overwrite")
    with pytest.raises(FeatureChangedError, match=r"main\.default\.planes") as error:
        features.score_batch(logged.model_uri, flights)
    assert error.value.code == "FEATURE_CHANGED"


def test_bad_input_to_scoring(ws, features, logged, flights, tmp_path):
    with pytest.raises(InvalidParameterError, match="distance"):
        features.score_batch(logged.model_uri, flights.drop(columns="distance"))
    with pytest.raises(InvalidParameterError, match="tailnum"):
        features.score_batch(logged.model_uri, flights.drop(columns="tailnum"))
    with pytest.raises(NotFoundError, match="models:/nope/1"):
        features.score_batch("models:/nope/1", flights)
    with pytest.raises(InvalidParameterError, match="result_type"):
        features.score_batch(logged.model_uri, flights, result_type="complex")
    mlflow.sklearn.save_model(
        LinearRegression().fit([[1]], [1]), tmp_path / "m", serialization_format="cloudpickle", pip_requirements=[]
    )
    with pytest.raises(NotAFeatureModelError):
        features.score_batch(str(tmp_path / "m"), flights)
    assert features.ensure_published(str(tmp_path / "m")) == []


@pytest.mark.parametrize(
    ("kind", "dtype"), [("int", "int32"), ("long", "int64"), ("string", "object"), ("boolean", "bool")]
)
def test_predictions_come_in_the_asked_type(features, logged, flights, kind, dtype):
    prediction = features.score_batch(logged.model_uri, flights, result_type=kind)["prediction"]
    assert str(prediction.dtype) in (dtype, "str")


def test_a_model_fitted_on_some_of_the_columns_gets_those(ws, features, training_set, flights):
    frame = training_set.load_df()
    model = LinearRegression().fit(frame[["seats", "distance"]], frame["late"])
    ws.tracking.configure()
    info = features.log_model(model, "model", flavor=mlflow.sklearn, training_set=training_set)
    assert features.load_spec(info.model_uri).model_columns == ("seats", "distance")
    assert features.score_batch(info.model_uri, flights)["prediction"].tolist() == pytest.approx(
        model.predict(frame[["seats", "distance"]].head(5)).tolist()
    )
    assert mlflow.get_run(info.run_id).info.artifact_uri.startswith(str(ws.path))
    assert not hasattr(mlflow.pyfunc.load_model(info.model_uri)._model_impl, "predict_proba")


def test_a_model_fitted_on_other_columns_is_refused(ws, features, training_set):
    frame = training_set.load_df().rename(columns={"seats": "chairs"})
    model = LinearRegression().fit(frame[["chairs"]], frame["late"])
    with pytest.raises(InvalidParameterError, match="chairs"):
        features.log_model(model, "model", flavor=mlflow.sklearn, training_set=training_set)
    with pytest.raises(InvalidParameterError, match="no MLflow flavor"):
        features.log_model(model, "model", flavor="sklearn", training_set=training_set)


def test_an_input_example_is_logged_when_asked_for(ws, features, training_set):
    frame = training_set.load_df()
    model = LinearRegression().fit(frame[["seats"]], frame["late"])
    ws.tracking.configure()
    info = features.log_model(
        model, "model", flavor=mlflow.sklearn, training_set=training_set, infer_input_example=True
    )
    example = mlflow.models.Model.load(info.model_uri).load_input_example(str(features._model_folder(info.model_uri)))
    assert list(example.columns) == ["requested_at", "origin", "tailnum", "distance"]


def test_the_platforms_pattern_runs_through_the_client(ws, weather, labels):
    fe = FeatureEngineeringClient()
    fe.create_table(
        name="main.default.w", primary_keys=["origin", "ts"], df=weather, timeseries_columns="ts", description="d"
    )
    fe.write_table(name="main.default.w", df=weather, mode="merge")
    assert fe.get_table(name="main.default.w").timestamp_keys == ["ts"]
    assert len(fe.read_table(name="main.default.w")) == 12
    made = fe.create_training_set(
        df=labels,
        feature_lookups=[
            FeatureLookup(table_name="main.default.w", lookup_key="origin", timestamp_lookup_key="requested_at")
        ],
        label="late",
        exclude_columns=["origin", "requested_at", "tailnum"],
    )
    frame = made.load_df().fillna(0).astype(float)
    model = LinearRegression().fit(frame.drop(columns="late"), frame["late"])
    ws.tracking.configure()
    info = fe.log_model(
        model=model,
        artifact_path="model",
        flavor=mlflow.sklearn,
        training_set=made,
        registered_model_name="main.ml.flights",
    )
    complete = labels[labels["requested_at"] > "2013-07-01 14:30:00+00:00"].drop(columns="late").tail(1)
    assert len(fe.score_batch(model_uri="models:/main.ml.flights/1", df=complete)) == 1
    assert info.registered_model_version == 1
    assert fe.publish_table(source_table_name="main.default.w", publish_mode="SNAPSHOT").rows == 12
    with pytest.raises(NotProvidedError):
        fe.publish_table(source_table_name="main.default.w", publish_mode="CONTINUOUS")
    with pytest.raises(InvalidStateError, match="training_set"):
        fe.drop_table(name="main.default.w")
    ws.features.drop_table("main.default.w", force=True)


def test_the_clients_arguments_are_the_platforms():
    expected = {
        "create_table": "name primary_keys df timeseries_column partition_columns schema description tags kwargs",
        "write_table": "name df mode checkpoint_location trigger",
        "get_table": "name",
        "drop_table": "name",
        "create_training_set": "df feature_lookups label exclude_columns use_spark_native_join use_timeseries_filtering",
        "log_model": "model artifact_path name flavor training_set registered_model_name await_registration_for infer_input_example "
        "extra_pip_requirements kwargs",
        "score_batch": "model_uri df result_type env_manager params use_spark_native_join",
    }
    for verb, names in expected.items():
        parameters = list(inspect.signature(getattr(FeatureEngineeringClient, verb)).parameters)
        assert parameters == ["self", *names.split()], verb
