"""Feature tables and a model in a fresh real workspace."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from mlnb.features import FeatureLookup

NOON = pd.Timestamp("2013-07-01 12:00", tz="UTC")


@pytest.fixture
def weather() -> pd.DataFrame:
    """Hourly weather of two airports, with a missing value."""
    rows = [
        (origin, NOON + pd.Timedelta(hours=h), 50.0 + h, None if h == 3 else h)
        for origin in ("EWR", "JFK")
        for h in range(6)
    ]
    frame = pd.DataFrame(rows, columns=["origin", "ts", "temp", "wind"])
    frame["wind"] = frame["wind"].astype("Int64")
    return frame


@pytest.fixture
def planes() -> pd.DataFrame:
    return pd.DataFrame({"tailnum": ["N1", "N2", "N3"], "year": [1999.0, None, 2010.0], "seats": [100, 149, 200]})


@pytest.fixture
def labels() -> pd.DataFrame:
    """Flights; one with an unknown plane, one before any weather, one without a tail number."""
    return pd.DataFrame(
        {
            "requested_at": [NOON + pd.Timedelta(minutes=m) for m in (90, 60, -5, 185, 600)],
            "origin": ["EWR", "JFK", "EWR", "JFK", "EWR"],
            "tailnum": ["N1", "N9", "N2", "N3", None],
            "distance": [100.0, 200.0, 300.0, 400.0, 500.0],
            "late": [1, 0, 1, 0, 1],
        },
        index=[7, 3, 9, 1, 5],
    )


@pytest.fixture
def features(ws, weather, planes):
    """``ws.features`` with a time series and a keyed table."""
    ws.features.create_table(
        "main.default.weather", ["origin", "ts"], weather, timeseries_column="ts", description="Hourly"
    )
    ws.features.create_table("main.default.planes", "tailnum", planes)
    return ws.features


@pytest.fixture
def lookups() -> list[FeatureLookup]:
    return [
        FeatureLookup(
            "main.default.weather",
            "origin",
            timestamp_lookup_key="requested_at",
            lookback_window=dt.timedelta(hours=6),
            rename_outputs={"temp": "temperature"},
        ),
        FeatureLookup("main.default.planes", "tailnum", default_values={"seats": -1}),
    ]
