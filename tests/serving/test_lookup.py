"""A model with features is asked with keys; the endpoint looks the rest up with the definitions it was trained with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlnb.core.errors import InvalidStateError

from .conftest import Client, logged


@pytest.fixture(scope="module")
def looked(shared: Any) -> Any:
    """The workspace with an endpoint whose model looks up a keyed and a time-series feature table."""
    import mlflow
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    from mlnb.features import FeatureEngineeringClient, FeatureLookup

    ws = shared
    for schema in ("main.features", "main.ml"):
        ws.catalog.create_schema(schema, if_not_exists=True)
    fe = FeatureEngineeringClient(features=ws.features)
    planes = pd.DataFrame({"tailnum": ["N1", "N2", "N3"], "seats": [100, 200, 300]})
    fe.create_table(name="main.features.planes", primary_keys="tailnum", df=planes)
    hours = pd.date_range("2013-01-01", periods=48, freq="h", tz="UTC")
    weather = pd.DataFrame({"origin": "JFK", "ts": hours, "wind": np.arange(48, dtype=float)})
    fe.create_table(name="main.features.weather", primary_keys=["origin", "ts"], timeseries_column="ts", df=weather)
    labels = pd.DataFrame(
        {
            "tailnum": ["N1", "N2", "N3", "N1"] * 10,
            "origin": "JFK",
            "at": [hours[i] + timedelta(minutes=30) for i in range(40)],
            "distance": np.linspace(100.0, 4000.0, 40),
            "late": [0, 1] * 20,
        }
    )
    lookups = [
        FeatureLookup("main.features.planes", lookup_key="tailnum"),
        FeatureLookup(
            "main.features.weather", lookup_key="origin", timestamp_lookup_key="at", lookback_window=timedelta(hours=2)
        ),
    ]
    made = fe.create_training_set(
        df=labels, feature_lookups=lookups, label="late", exclude_columns=["tailnum", "origin", "at"]
    )
    frame = made.load_df()
    model = make_pipeline(
        FunctionTransformer(pd.DataFrame.fillna, kw_args={"value": 0}), LogisticRegression(max_iter=500)
    )
    model.fit(frame.drop(columns="late"), frame["late"])
    ws.tracking.configure()
    with mlflow.start_run(experiment_id=ws.tracking.experiment_id("serving")):
        logged_model = fe.log_model(model=model, name="model", flavor=mlflow.sklearn, training_set=made)
    ws.models.register(logged_model.model_uri, "main.ml.looked")
    ws.endpoints.deploy("main.ml.looked/1", timeout=150)
    yield ws
    ws.endpoints.delete("looked")


ASKED = {"tailnum": "N2", "origin": "JFK", "at": "2013-01-01T10:30:00Z", "distance": 1000.0}


def test_features_are_looked_up_as_of_the_requests_time_and_recorded(looked: Any) -> None:
    rows = [ASKED, {**ASKED, "tailnum": "N9"}, {**ASKED, "at": "2013-02-01T00:00:00Z"}, {**ASKED, "origin": None}]
    status, headers, answer = Client(looked, "looked").send(body={"dataframe_records": rows})
    assert status == 200, answer
    table = logged(looked, "main.ml.looked_payload_rows")
    mine = table[table["databricks_request_id"] == headers["x-request-id"]].sort_values("row_index")
    seats, wind = mine["seats"].tolist(), mine["wind"].tolist()
    assert [None if value != value else value for value in seats] == [200, None, 200, 200]
    assert [None if value != value else value for value in wind] == [10.0, 10.0, None, None]
    assert mine["prediction"].tolist() == answer["predictions"]
    assert mine["at"].iloc[0].to_pydatetime() == datetime(2013, 1, 1, 10, 30, tzinfo=UTC)


def test_the_versions_the_model_was_trained_with_are_pinned_while_it_is_served(looked: Any) -> None:
    for table in ("main.features.planes", "main.features.weather"):
        assert "endpoint:looked" in {pin.owner for pin in looked.catalog.pins(table)}
        with pytest.raises(InvalidStateError, match="endpoint:looked"):
            looked.catalog.drop(table)
    looked.endpoints.deploy("main.ml.looked/1", endpoint="looked_twice", timeout=150)
    assert "endpoint:looked_twice" in {pin.owner for pin in looked.catalog.pins("main.features.planes")}
    looked.endpoints.delete("looked_twice")
    assert "endpoint:looked_twice" not in {pin.owner for pin in looked.catalog.pins("main.features.planes")}


def test_the_callers_own_value_wins_row_by_row(looked: Any) -> None:
    rows = [{**ASKED, "seats": 777}, ASKED, {**ASKED, "wind": None}]
    status, headers, answer = Client(looked, "looked").send(body={"dataframe_records": rows})
    assert status == 200, answer
    assert "x-mlnb-ignored-fields" not in headers
    table = logged(looked, "main.ml.looked_payload_rows")
    mine = table[table["databricks_request_id"] == headers["x-request-id"]].sort_values("row_index")
    assert mine["seats"].tolist() == [777, 200, 200]
    assert [None if value != value else value for value in mine["wind"]] == [10.0, 10.0, None]


def test_the_endpoint_and_batch_scoring_agree(looked: Any) -> None:
    import pandas as pd

    from mlnb.features import FeatureEngineeringClient

    frame = pd.DataFrame([{**ASKED, "tailnum": f"N{1 + i % 3}", "distance": 300.0 * i} for i in range(12)])
    frame["at"] = pd.to_datetime(frame["at"])
    batch = FeatureEngineeringClient(features=looked.features).score_batch(
        model_uri="models:/main.ml.looked/1", df=frame, result_type="long"
    )
    assert looked.endpoints.query("looked", dataframe_records=frame).predictions == batch["prediction"].tolist()


def test_a_wrong_own_value_is_named_like_any_other_field(looked: Any) -> None:
    status, _, answer = Client(looked, "looked").send(body={"dataframe_records": [{**ASKED, "seats": "many"}]})
    assert status == 400
    assert "rows[0].seats: expected long, got string" in answer["message"]
