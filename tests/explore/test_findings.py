"""Every finding just below and just above its rule; their order; no false alarms on clean public tables."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

from mlnb.explore.findings.kinds import semantic
from mlnb.explore.look import look_at
from mlnb.explore.records import SEVERITIES, Finding, Source

N = 1000
RNG = np.random.default_rng(7)
NUMBERS = RNG.normal(10, 2, N)


def share_missing(share: float) -> np.ndarray:
    return np.where(np.arange(N) < share * N, np.nan, NUMBERS)


def with_top(share: float) -> list[str]:
    return ["a"] * int(share * N) + ["b"] * (N - int(share * N))


def zeros(share: float) -> np.ndarray:
    return np.where(np.arange(N) < share * N, 0.0, NUMBERS)


def rare(levels: int, rows: int) -> list[str]:
    names = [f"r{i}" for i in range(levels) for _ in range(rows)]
    return names + ["big"] * (N // 2) + ["other"] * (N - N // 2 - len(names))


def far(value: float) -> np.ndarray:
    values = np.abs(NUMBERS)
    values[3] = value
    return values


def texts(good: int, make, wrong: str = "so so") -> list[str]:
    return [make(i) for i in range(good)] + [f"{wrong} {i}" for i in range(100 - good)]


MEDIAN = float(np.median(np.abs(NUMBERS)))
DEVIATION = float(np.median(np.abs(np.abs(NUMBERS) - MEDIAN)))

#: Code → values of a column just within the rule and just outside of it.
COLUMNS = {
    "CONSTANT": (["a"] * N, ["a"] * (N - 1) + ["b"]),
    "NEARLY_CONSTANT": (with_top(0.996), with_top(0.995)),
    "ALL_MISSING": ([None] * N, [None] * (N - 1) + ["a"]),
    "HIGH_MISSING": (share_missing(0.401), share_missing(0.4)),
    "INFINITE": (np.where(np.arange(N) == 5, np.inf, NUMBERS), NUMBERS),
    "ID_LIKE": ([f"k{min(i, 985)}" for i in range(N)], [f"k{min(i, 970)}" for i in range(N)]),
    "HIGH_CARDINALITY": ([f"l{i % 51}" for i in range(N)], [f"l{i % 50}" for i in range(N)]),
    "RARE_LEVELS": (rare(5, 9), rare(5, 10)),
    "SKEWED": (RNG.lognormal(0, 1.3, N), RNG.lognormal(0, 0.4, N)),
    "OUTLIERS": (far(MEDIAN + 21 * DEVIATION), far(MEDIAN + 19 * DEVIATION)),
    "ZERO_INFLATED": (zeros(0.51), zeros(0.5)),
    "NUMERIC_TEXT": (texts(96, lambda i: f"{i}.5"), texts(94, lambda i: f"{i}.5")),
    "DATE_TEXT": (
        texts(96, lambda i: str(pd.Timestamp("2024-01-01").date() + pd.Timedelta(days=i))),
        texts(94, lambda i: str(pd.Timestamp("2024-01-01").date() + pd.Timedelta(days=i))),
    ),
    "BOOL_TEXT": (["yes", "no", "Yes"] * 100, ["yes", "no", "maybe"] * 100),
    "CODE_AS_FLOAT": (np.arange(N) % 50 + 0.0, np.arange(N) % 51 + 0.0),
    "MIXED_TYPES": ([1, "a"] * 10, ["1", "a"] * 10),
}


def found(profile, code: str, column: str | None = "x") -> Finding | None:
    return next((f for f in profile.findings if f.code == code and (column is None or f.column == column)), None)


@pytest.mark.parametrize("code", COLUMNS)
def test_a_column_just_within_and_just_outside_the_rule(profile, code):
    inside, outside = (pd.Series(values, dtype=object if code == "MIXED_TYPES" else None) for values in COLUMNS[code])
    finding = found(profile(pd.DataFrame({"x": inside})), code)
    assert finding is not None
    assert re.search(r"\bx\b", finding.message)
    assert finding.hint
    assert 0 < finding.score <= 1
    assert finding.id
    assert finding.code_pandas or finding.code_pipeline
    assert found(profile(pd.DataFrame({"x": outside})), code) is None


def outcome(share: float) -> np.ndarray:
    return np.arange(N) < share * N


TABLES = {
    "SMALL_DATA": (pd.DataFrame({"x": NUMBERS[:199]}), pd.DataFrame({"x": NUMBERS[:200]})),
    "WIDE": (pd.DataFrame(RNG.normal(size=(99, 20))), pd.DataFrame(RNG.normal(size=(100, 20)))),
    "DUPLICATE_ROWS": (pd.DataFrame({"x": [*NUMBERS, NUMBERS[0]]}), pd.DataFrame({"x": NUMBERS})),
    "DUPLICATE_COLUMN": (
        pd.DataFrame({"a": NUMBERS, "b": NUMBERS}),
        pd.DataFrame({"a": NUMBERS, "b": np.where(np.arange(N) == 7, 0, NUMBERS)}),
    ),
    "CORRELATED": (
        pd.DataFrame({"a": NUMBERS, "b": NUMBERS + RNG.normal(0, 0.5, N)}),
        pd.DataFrame({"a": NUMBERS, "b": NUMBERS + RNG.normal(0, 0.9, N)}),
    ),
    "IMBALANCE": (
        pd.DataFrame({"x": RNG.normal(size=N), "y": outcome(0.049)}),
        pd.DataFrame({"x": RNG.normal(size=N), "y": outcome(0.05)}),
    ),
    "TARGET_MISSING": (
        pd.DataFrame({"x": NUMBERS, "y": [None, *["a", "b"] * ((N - 1) // 2), "a"]}),
        pd.DataFrame({"x": NUMBERS, "y": ["a", "b"] * (N // 2)}),
    ),
    "TARGET_CONSTANT": (pd.DataFrame({"x": NUMBERS, "y": 1}), pd.DataFrame({"x": NUMBERS, "y": np.arange(N) % 2})),
}


@pytest.mark.parametrize("code", TABLES)
def test_a_table_just_within_and_just_outside_the_rule(profile, code):
    inside, outside = TABLES[code]
    options = {"target": "y"} if "y" in inside else {}
    finding = found(profile(inside, **options), code, None)
    assert finding is not None
    assert finding.hint
    assert finding.code_pandas or finding.code_pipeline
    assert found(profile(outside, **options), code, None) is None


def test_columns_that_are_missing_together(profile):
    gone = RNG.random(N) < 0.2
    columns = {name: np.where(gone, np.nan, RNG.normal(size=N)) for name in ("a", "b", "c")}
    finding = found(profile(pd.DataFrame({**columns, "d": NUMBERS})), "MISSING_TOGETHER", None)
    assert finding.evidence["columns"] == ["a", "b", "c"]
    apart = {name: np.where(RNG.random(N) < 0.2, np.nan, RNG.normal(size=N)) for name in ("a", "b", "c")}
    assert found(profile(pd.DataFrame(apart)), "MISSING_TOGETHER", None) is None


def test_findings_of_time_come_with_the_time_column(profile):
    times = [
        *pd.date_range("2024-01-01", periods=400, freq="D").delete(range(200, 230)),
        *pd.date_range("2090-01-01", periods=1),
    ]
    frame = pd.DataFrame({"t": times, "x": RNG.normal(size=len(times))})
    assert not {f.code for f in profile(frame).findings} & {"TIME_GAPS", "TIME_FUTURE"}
    result = profile(frame, time_column="t")
    assert {"TIME_GAPS", "TIME_FUTURE"} <= {f.code for f in result.findings}
    assert result.timeline.column == "t"


def test_a_few_rows_in_the_future_are_not_missed_by_a_sample(profile):
    times = pd.Series(pd.date_range("2020-01-01", periods=5000, freq="h"))
    times[77] = pd.Timestamp("2099-01-01")
    result = profile(pd.DataFrame({"t": times, "x": np.arange(5000) % 7}), time_column="t", sample=300)
    finding = found(result, "TIME_FUTURE", "t")
    assert finding is not None
    assert "2099-01-01" in finding.message


def test_equal_columns_are_found_however_they_are_stored(profile):
    whole = RNG.integers(0, 50, N)
    words = pd.Series([f"w{i % 7}" for i in range(N)])
    frame = pd.DataFrame(
        {"i": whole, "f": whole.astype(float), "w": words, "c": words.astype("category"), "r": words[::-1].to_numpy()}
    )
    result = profile(frame)
    same = {f.column: f.other for f in result.findings if f.code == "DUPLICATE_COLUMN"}
    assert same == {"f": "i", "c": "w"}


def test_the_gravest_come_first_and_ids_stay(profile):
    y = RNG.random(N) < 0.4
    frame = pd.DataFrame(
        {
            "copy": y.astype(int),
            "useless": np.where(RNG.random(N) < 0.6, np.nan, RNG.normal(size=N)),
            "useful": np.where(RNG.random(N) < 0.6, np.nan, y + RNG.normal(0, 0.4, N)),
            "skewed": RNG.lognormal(0, 2, N),
            "y": y,
        }
    )
    first, second = profile(frame, target="y"), profile(frame[::-1], target="y")
    severities = [SEVERITIES.index(f.severity) for f in first.findings]
    assert severities == sorted(severities)
    assert first.findings[0].column == "copy"
    missing = [f.column for f in first.findings if f.code == "HIGH_MISSING"]
    assert missing == ["useful", "useless"]  # the same flaw costs more where the column predicts the target
    assert {f.id for f in first.findings} == {f.id for f in second.findings}
    assert len({f.id for f in first.findings}) == len(first.findings)


def test_of_two_columns_that_say_the_same_the_weaker_is_dropped(profile):
    y = RNG.random(N) < 0.4
    strong = y + RNG.normal(0, 0.5, N)
    frame = pd.DataFrame({"weak": strong + RNG.normal(0, 0.1, N), "strong": strong, "y": y})
    assert found(profile(frame, target="y"), "CORRELATED", None).code_pandas == "df = df.drop(columns=['weak'])"
    assert (
        found(profile(frame[["weak", "strong"]]), "CORRELATED", None).code_pandas == "df = df.drop(columns=['strong'])"
    )


def test_a_column_that_must_go_has_no_further_findings_of_its_shape(profile):
    y = RNG.lognormal(0, 2, N)
    result = profile(pd.DataFrame({"copy": y, "x": RNG.lognormal(0, 2, N), "y": y}), target="y")
    assert found(result, "SKEWED", "copy") is None
    assert found(result, "SKEWED", "x") is not None


def test_one_wild_value_is_an_outlier_and_no_skewness(profile):
    values = np.abs(NUMBERS)
    values[0] = 1e6
    finding = found(profile(pd.DataFrame({"x": values})), "OUTLIERS")
    assert finding.evidence["value"] == 1e6
    assert found(profile(pd.DataFrame({"x": values})), "SKEWED") is None


def test_what_stands_for_missing_is_told_and_leading_zeros_are_codes(profile):
    finding = found(profile(pd.DataFrame({"x": ["1,200.5", "17.25", "unknown", "88"] * 20})), "NUMERIC_TEXT")
    assert finding.evidence == {"decimal": ".", "thousands": ",", "unit": "", "missing": ["unknown"]}
    assert "'unknown'" in finding.message
    euros = found(profile(pd.DataFrame({"x": ["€ 1.200,50", "€ 17,25", "€ 8"] * 20})), "NUMERIC_TEXT")
    assert (euros.evidence["decimal"], euros.evidence["unit"]) == (",", "€")
    assert found(profile(pd.DataFrame({"x": ["01234", "04711"] * 50})), "NUMERIC_TEXT") is None


def test_floats_and_times_are_no_ids(profile):
    frame = pd.DataFrame({"f": NUMBERS, "t": pd.date_range("2024-01-01", periods=N, freq="h"), "i": np.arange(N)})
    result = profile(frame)
    assert {f.column for f in result.findings if f.code == "ID_LIKE"} == {"i"}
    assert result.column("i").semantic == "id"


def test_meanings_of_values():
    n = 120
    frame = pd.DataFrame(
        {
            "uuid": [f"550e8400-e29b-41d4-a716-4466554{i:05d}" for i in range(n)],
            "url": [f"https://example.org/{i}" for i in range(n)],
            "json": [f'{{"a": {i}}}' for i in range(n)],
            "zip": [f"{i:05d}" for i in range(n)],
            "lat": np.linspace(-80, 80, n),
            "lng": np.linspace(-170, 170, n),
            "year": np.arange(n) % 30 + 1990,
            "mail": [f"a{i}@b.org" for i in range(n)],
            "date": [f"{i % 28 + 1:02d}.03.2024" for i in range(n)],
            "amount": [f"{i}.50" for i in range(n)],
            "ok": ["yes", "no"] * (n // 2),
            "stars": np.arange(n) % 5 + 1.0,
            "plain": np.linspace(0, 1, n),
            "color": ["red", "blue"] * (n // 2),
        }
    )
    look = look_at(pa.Table.from_pandas(frame, preserve_index=False), Source(kind="frame", name="f"), seed=1)
    assert semantic(look) == {
        "uuid": "uuid",
        "url": "url",
        "json": "json",
        "zip": "code",
        "lat": "latitude",
        "lng": "longitude",
        "year": "year",
        "mail": "email",
        "date": "date",
        "amount": "number",
        "ok": "boolean",
        "stars": "code",
    }


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_diabetes])
def test_clean_public_tables_give_no_false_alarm(profile, load):
    frame = load(as_frame=True).frame
    result = profile(frame, target="target")
    alarms = [f for f in result.findings if f.severity != "INFO" and not f.code.startswith("LEAK_SINGLE")]
    assert len(alarms) <= max(1, frame.shape[1] // 20), [(f.code, f.message) for f in alarms]
    assert not [f for f in result.findings if f.severity == "BLOCKED"]
