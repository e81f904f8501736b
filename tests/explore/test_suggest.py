"""Suggested code: it compiles whatever a column is called, it runs, it mends what was found, and no query changes a row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from mlnb.catalog.sql.parse import parse
from mlnb.explore.compare.comparing import compare
from mlnb.explore.look import look_at
from mlnb.explore.records import Finding, Source
from mlnb.explore.suggest.attach import fill
from mlnb.explore.suggest.case import Case
from mlnb.explore.suggest.frame import PANDAS
from mlnb.explore.suggest.pipeline import PIPELINE
from mlnb.explore.suggest.sql import SQL

N = 400
HOSTILE = [
    "plain",
    "with 'quotes\" and back\\slash `tick`",
    "new\nline\tand\rreturn",
    "']); raise SystemExit(1)  # [",
    "`) FROM t; DROP TABLE main.a.b; --",
    "{braces} %s {0} a__b 🙈",
    "",
]
CODES = sorted({*PANDAS, *PIPELINE, *SQL} - {"LEAK"} | {"LEAK_COPY", "LEAK_ORDER", "LEAK_SUM"})
EVIDENCE = {
    "NUMERIC_TEXT": {"decimal": ",", "thousands": ".", "unit": "€"},
    "DATE_TEXT": {"format": "%d.%m.%Y", "ambiguous": False},
    "BOOL_TEXT": {"true": ["Yes"]},
    "PERSONAL_DATA": {"tag": "pii=email"},
}


def columns(rng: np.random.Generator) -> dict[str, pd.Series]:
    """A column that each code could be said of."""
    numbers = pd.Series(rng.normal(size=N))
    return {
        "HIGH_MISSING": numbers.where(rng.random(N) < 0.5),
        "INFINITE": numbers.where(rng.random(N) < 0.9, np.inf),
        "NUMERIC_TEXT": pd.Series([f"1.{i:03d},50 €" for i in range(N - 1)] + ["unknown"]),
        "DATE_TEXT": pd.Series([f"{i % 28 + 1:02d}.03.2024" for i in range(N)]),
        "BOOL_TEXT": pd.Series(np.where(rng.random(N) < 0.5, "Yes", "no ")),
        "CODE_AS_FLOAT": pd.Series(rng.integers(0, 5, N).astype(float)).where(rng.random(N) < 0.9),
        "MIXED_TYPES": pd.Series([1, "a", 2.5, None] * (N // 4), dtype=object),
        "HIGH_CARDINALITY": pd.Series(rng.integers(0, 80, N).astype(str)),
        "RARE_LEVELS": pd.Series(rng.integers(0, 80, N).astype(str)).where(rng.random(N) < 0.9),
        "ZERO_INFLATED": numbers.where(rng.random(N) < 0.4, 0.0),
        "TIME_GAPS": pd.Series(pd.date_range("2023-01-01", periods=N)),
        "TIME_DUPLICATES": pd.Series(pd.date_range("2023-01-01", periods=N // 2).repeat(2)),
        "TIME_FUTURE": pd.Series(pd.date_range("2023-01-01", periods=N, freq="9D")),
        "IMBALANCE": pd.Series(rng.integers(0, 2, N)),
    }


def made(code: str, name: str | None, *, kind: str = "numeric", table: str | None = "main.a`b.c", **options) -> Finding:
    finding = Finding(code=code, severity="INFO", message="", column=name, other=options.pop("other", None))
    finding.evidence = EVIDENCE.get(code, {})
    fill(finding, Case(finding, (kind, "datetime"), options.pop("target", None), options.pop("group", None), table, N))
    return finding


def run(code: str, **names) -> dict:
    exec(compile(code, "<suggestion>", "exec"), names)  # that is what is tested
    return names


def frame_for(code: str, name: str) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    series = columns(rng).get(code, pd.Series(rng.normal(size=N)))
    other = pd.date_range("2023-01-01", periods=N)
    return pd.DataFrame({"first": rng.normal(size=N), name: series, "when": other, "last": rng.normal(size=N)})


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", HOSTILE)
def test_code_runs_whatever_the_column_is_called(code, name):
    kind = {"NUMERIC_TEXT": "text", "HIGH_CARDINALITY": "categorical", "TIME_GAPS": "datetime"}.get(code, "numeric")
    finding = made(code, name, kind="datetime" if code.startswith("TIME_") else kind, other="when")
    frame = frame_for(code, name)
    assert finding.code_pandas or finding.code_pipeline
    if finding.code_pandas:
        changed = run(finding.code_pandas, df=frame.copy())["df"]
        assert isinstance(changed, pd.DataFrame)
        assert len(changed) > 0
    if finding.code_pipeline:
        names = run(finding.code_pipeline)
        assert ("step" in names) != ("cv" in names)
        if code not in ("IMBALANCE", "SMALL_DATA", "WIDE", "DRIFT"):
            result = Pipeline([names["step"]]).fit_transform(frame.copy())
            assert len(result) == N
            assert "first" in result.columns
    if finding.code_sql:
        statement = parse(finding.code_sql)
        assert statement.kind == ("SELECT" if code != "PERSONAL_DATA" else statement.kind)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.text(min_size=1, max_size=20), other=st.text(min_size=1, max_size=8), code=st.sampled_from(CODES))
def test_code_compiles_for_any_name(name, other, code):
    for kind in ("numeric", "categorical", "datetime"):
        finding = made(code, name, kind=kind, other=other, target=other, group=other, table=None)
        for text in (finding.code_pandas, finding.code_pipeline):
            if text is not None:
                compile(text, "<suggestion>", "exec")
    printable = "".join(letter for letter in name if letter.isprintable()) or "x"
    sql = made(code, printable, other="o").code_sql
    if sql is not None:
        parse(sql)


def test_what_was_wrong_is_mended():
    def mended(code: str) -> pd.Series:
        kind = "datetime" if code.startswith("TIME_") else "numeric"
        return run(made(code, "x", kind=kind).code_pandas, df=frame_for(code, "x"))["df"]["x"]

    numbers = mended("NUMERIC_TEXT")
    assert numbers[5] == 1005.5
    assert numbers.isna().sum() == 1
    assert mended("DATE_TEXT")[0] == pd.Timestamp("2024-03-01")
    assert mended("BOOL_TEXT").dtype == "boolean"
    assert mended("BOOL_TEXT").notna().all()
    assert np.isfinite(mended("INFINITE").dropna()).all()
    assert mended("CODE_AS_FLOAT").dtype == "Int64"
    assert not mended("TIME_DUPLICATES").duplicated().any()
    assert (mended("TIME_FUTURE") <= pd.Timestamp.now()).all()
    assert "x" not in run(made("CONSTANT", "x").code_pandas, df=frame_for("CONSTANT", "x"))["df"]
    rows = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "x", "y"]})
    assert len(run(made("DUPLICATE_ROWS", None).code_pandas, df=rows)["df"]) == 2


@pytest.mark.parametrize(
    "code", ["HIGH_MISSING", "HIGH_CARDINALITY", "RARE_LEVELS", "CODE_AS_FLOAT", "SKEWED", "OUTLIERS"]
)
@pytest.mark.parametrize("kind", ["numeric", "categorical"])
def test_a_step_learns_from_the_training_rows_and_takes_new_ones(code, kind):
    frame = frame_for(code, "x").drop(columns=["when"])
    if kind == "categorical" and code == "HIGH_MISSING":
        frame["x"] = pd.Series(np.where(np.arange(N) % 3 == 0, None, "level"), dtype="object")
    target = np.random.default_rng(1).integers(0, 2, N)
    for aim in (None, "y"):
        step = run(made(code, "x", kind=kind, target=aim).code_pipeline)["step"]
        model = (
            Pipeline([step, ("model", LogisticRegression(max_iter=500))]) if code != "OUTLIERS" else Pipeline([step])
        )
        train, test = frame[:300], frame[300:].copy()
        if code in ("HIGH_CARDINALITY", "RARE_LEVELS"):
            test.loc[310, "x"] = "never seen"
        model.fit(train, target[:300])
        assert len(model.predict(test) if code != "OUTLIERS" else model.transform(test)) == 100


def test_names_of_a_frame_that_are_numbers_or_repeated(profile):
    rng = np.random.default_rng(1)
    numbered = pd.DataFrame(rng.normal(size=(300, 3)))
    numbered[1] = 7.0
    found = {f.code: f for f in profile(numbered).findings}
    assert list(run(found["CONSTANT"].code_pandas, df=numbered)["df"].columns) == ["0", "2"]
    twice = pd.DataFrame(np.column_stack([numbered[0], numbered[0], numbered[2]]), columns=["x", "x", "y"])
    found = {f.code: f for f in profile(twice).findings}
    assert found["DUPLICATE_COLUMN"].column == "x#2"
    assert list(run(found["DUPLICATE_COLUMN"].code_pandas, df=twice)["df"].columns) == ["x", "y"]


def test_nothing_that_learns_from_rows_edits_the_frame():
    for code in CODES:
        text = made(code, "x", other="when").code_pandas or ""
        assert not any(word in text for word in (".fillna(", ".mean()", ".median()", ".quantile(", ".fit(", ".std()"))
    for code in CODES:
        text = made(code, "x", other="when").code_pipeline or ""
        assert ".fit" not in text


def test_there_is_no_query_for_what_is_no_table():
    assert made("CONSTANT", "x", table=None).code_sql is None
    assert made("CONSTANT", "x`y").code_sql == "SELECT * EXCEPT (`x``y`) FROM `main`.`a``b`.`c`"
    assert "SET TAGS ('pii' = 'email')" in made("PERSONAL_DATA", "mail").code_sql


def test_code_of_a_comparison_runs_on_both_frames():
    rng = np.random.default_rng(1)
    train = pd.DataFrame({"x": rng.normal(size=300), "who": rng.integers(0, 50, 300)})
    test = pd.concat([train[:50], pd.DataFrame({"x": rng.normal(9, 1, 100), "who": rng.integers(40, 90, 100)})])
    looks = [
        look_at(pa.Table.from_pandas(f, preserve_index=False), Source(kind="frame", name="f"), seed=1)
        for f in (train, test)
    ]
    found = {f.code: f for f in compare(*looks, group="who", target="x").findings}
    assert {"LEAK_OVERLAP", "LEAK_GROUP", "DRIFT"} <= set(found)
    for code, left in (("LEAK_OVERLAP", 100), ("LEAK_GROUP", int((~test.who.isin(train.who)).sum()))):
        names = run(found[code].code_pandas, left=train, right=test)
        assert len(names["right"]) == left
    run(found["DRIFT"].code_pandas, left=train, right=test)
