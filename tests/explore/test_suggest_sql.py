"""Suggested queries run on a real catalog table, mend what was found and change nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

N = 300


@pytest.fixture
def messy(ws):
    rng = np.random.default_rng(5)
    numbers = rng.normal(10, 2, N)
    frame = pd.DataFrame(
        {
            "same": ["a"] * N,
            "an-id": [f"k{i}" for i in range(N)],
            "price-€": [f"1.{i:03d},50 €" for i in range(N)],
            "on`day": [f"{i % 28 + 1:02d}.03.2024" for i in range(N)],
            "iso": [f"2024-03-{i % 28 + 1:02d} 10:00:00" for i in range(N)],
            "ok": np.where(rng.random(N) < 0.5, "Yes", "no"),
            "code": (np.arange(N) % 5).astype(float),
            "gone": np.where(rng.random(N) < 0.5, np.nan, numbers),
            "wild": np.where(np.arange(N) == 5, np.inf, numbers),
            "mail": [f"person{i}@example.org" for i in range(N)],
            "zero": np.where(rng.random(N) < 0.7, 0.0, numbers),
            "seen": pd.date_range("2023-01-01", periods=N, freq="10D"),
            "who": rng.integers(0, 9, N),
            "y": np.where(np.arange(N) < 5, None, np.where(rng.random(N) < 0.5, "a", "b")),
        }
    )
    frame["twice"] = frame["gone"]
    frame.loc[7, "seen"] = frame.loc[8, "seen"]
    frame.loc[7, "who"] = frame.loc[8, "who"]
    frame = pd.concat([frame, frame[:20]], ignore_index=True)
    ws.catalog.create_table("main.default.messy", frame)
    return frame


def test_suggested_queries_run_and_mend(ws, messy):
    profile = ws.explore.profile("main.default.messy", target="y", time_column="seen", group="who")
    found = {(finding.code, finding.column): finding for finding in profile.findings}
    mended = {}
    for key, finding in found.items():
        if finding.code_sql and finding.code != "PERSONAL_DATA":
            mended[key] = ws.sql(finding.code_sql).to_pandas()
    assert "same" not in mended["CONSTANT", "same"]
    prices = mended["NUMERIC_TEXT", "price-€"]["price-€"]
    assert prices.min() == 1000.5
    days = pd.to_datetime(mended["DATE_TEXT", "on`day"]["on`day"])
    assert (days.dt.month == 3).all()
    assert pd.to_datetime(mended["DATE_TEXT", "iso"]["iso"]).notna().all()
    assert mended["BOOL_TEXT", "ok"]["ok"].map(type).eq(bool).all() or mended["BOOL_TEXT", "ok"]["ok"].dtype == bool
    assert mended["CODE_AS_FLOAT", "code"]["code"].dtype.kind == "i"
    assert np.isfinite(mended["INFINITE", "wild"]["wild"].dropna()).all()
    assert mended["INFINITE", "wild"]["wild"].isna().sum() == 2
    assert mended["HIGH_MISSING", "gone"]["gone_missing"].sum() == messy["gone"].isna().sum()
    assert mended["ZERO_INFLATED", "zero"]["zero_is_zero"].sum() == (messy["zero"] == 0).sum()
    assert len(mended["DUPLICATE_ROWS", None]) == N
    assert len(mended["TARGET_MISSING", "y"]) == messy["y"].notna().sum()
    assert not mended["TIME_DUPLICATES", "seen"].duplicated(["who", "seen"]).any()
    seen = pd.to_datetime(mended["TIME_FUTURE", "seen"]["seen"], utc=True)
    assert (seen <= pd.Timestamp.now(tz="UTC")).all()
    assert ("DUPLICATE_COLUMN", "twice") in mended
    # None of them changed the table; the suggested tag is set by its own statement.
    assert ws.catalog.table("main.default.messy").version == 0
    ws.sql(found["PERSONAL_DATA", "mail"].code_sql)
    tags = [tag for tag in ws.catalog.tags("main.default.messy") if tag.column == "mail"]
    assert [(tag.key, tag.value) for tag in tags] == [("pii", "email")]
    assert "@example.org" not in profile.model_dump_json()
