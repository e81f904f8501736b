"""Whatever the columns are, the analyses end, and say nothing that JSON cannot hold."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlnb.core.errors import InvalidParameterError
from mlnb.explore.leakage.screen import screen
from mlnb.explore.look import look_at
from mlnb.explore.records import Source
from mlnb.explore.target.associations import associate_all
from mlnb.explore.target.slices import find_slices
from mlnb.explore.together.correlations import correlate
from mlnb.explore.together.missing import missing_together

moments = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1))
COLUMNS = {
    "double": (st.floats(width=64), pa.float64()),
    "small": (st.floats(-5, 5, width=32), pa.float32()),
    "long": (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "short": (st.integers(-3, 3), pa.int8()),
    "flag": (st.booleans(), pa.bool_()),
    "word": (st.sampled_from(["a", "b", "ß", "", " ", "漢", "12:30", "2024-01-05", "x/y/z.csv"]), pa.string()),
    "text": (st.text(max_size=30), pa.string()),
    "day": (st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)), pa.date32()),
    "time": (moments, pa.timestamp("us")),
    "zoned": (moments, pa.timestamp("ms", tz="Europe/Berlin")),
    "money": (st.decimals(-1000, 1000, places=2), pa.decimal128(10, 2)),
    "clock": (st.integers(0, 2359), pa.int32()),
    "list": (st.lists(st.integers(0, 3), max_size=2), pa.list_(pa.int64())),
    "nothing": (st.none(), pa.null()),
}


@st.composite
def tables(draw):
    rows = draw(st.sampled_from([1, 2, 25, 120, 400]))
    kinds = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=6))
    made = {}
    for place, kind in enumerate(kinds):
        values, arrow = COLUMNS[kind]
        # A few different values, repeated: what hypothesis draws one by one is far too slow for hundreds of rows.
        pool = draw(st.lists(st.one_of(st.none(), values), min_size=1, max_size=12))
        order = draw(st.randoms(use_true_random=False))
        column = [order.choice(pool) for _ in range(rows)]
        if kind == "zoned":
            column = [None if value is None else value.replace(tzinfo=dt.UTC) for value in column]
        made[f"{kind}_{place}"] = pa.array(column, type=arrow)
    return pa.table(made)


def finite(value):
    if isinstance(value, dict):
        return all(finite(part) for part in value.values())
    if isinstance(value, list):
        return all(finite(part) for part in value)
    return not isinstance(value, float) or math.isfinite(value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tables(), st.integers(0, 5), st.booleans())
def test_any_table_is_analysed(table, place, with_group):
    names = table.column_names
    target, group = names[place % len(names)], names[(place + 1) % len(names)] if with_group else None
    look = look_at(table, Source(kind="frame", name="any"), seed=3)
    try:
        values = associate_all(look, target, group=group)
        findings = screen(look, target, group=group, values=values)
    except InvalidParameterError:  # cannot be a target, or forms no groups: said so
        return
    told = {
        "findings": [finding.to_dict() for finding in findings],
        "associations": [c.profile.association.to_dict() for c in look.columns.values() if c.profile.association],
        "correlations": correlate(look, target).to_dict(),
        "slices": [piece.to_dict() for piece in find_slices(look, values)],
    }
    missing = missing_together(look, values)
    told["missing"] = missing.to_dict() if missing is not None else {}
    assert finite(told)
    json.dumps(told, allow_nan=False)


def test_numbers_at_the_ends_of_the_range_make_no_noise():
    rng = np.random.default_rng(0)
    n = 600
    columns = {
        "huge": rng.choice([1e308, -1e308, 5.0], n),
        "gaps": rng.choice([1.7e308, -1e308, np.nan], n),
        "infinite": rng.choice([np.inf, -np.inf, 1.0, 2.0], n),
        "tiny": rng.random(n) * 1e-310,
        "long": rng.integers(-(2**62), 2**62, n),
        "wide": rng.normal(size=n) * 1e300,
        "y": rng.random(n) < 0.5,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the figures of single columns are not what is looked at
        look = look_at(pa.table(columns), Source(kind="frame", name="any"), seed=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for target in columns:
            values = associate_all(look, target)
            blocked = [f.message for f in screen(look, target, values=values) if f.severity == "BLOCKED"]
            assert blocked == []
            correlate(look, target)
            missing_together(look, values)
            find_slices(look, values)


def test_the_same_table_in_other_chunks_gives_the_same_findings():
    frame = pd.DataFrame(
        {"x": range(400), "g": [f"g{i % 7}" for i in range(400)], "y": [i % 3 == 0 for i in range(400)]}
    )
    frame["money"] = [decimal.Decimal(i % 50) / 4 for i in range(400)]
    whole = pa.Table.from_pandas(frame)
    pieces = pa.concat_tables([whole.slice(0, 130), whole.slice(130, 1), whole.slice(131)])
    told = []
    for table in (whole, pieces):
        look = look_at(table, Source(kind="frame", name="any"), seed=3)
        told.append(([f.to_dict() for f in screen(look, "y")], correlate(look, "y").to_dict()))
    assert told[0] == told[1]
