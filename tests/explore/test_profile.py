"""Whole profiles: ranking of columns, findings just below and above their rules, leaks planted and not planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from mlnb.core.errors import InvalidParameterError
from mlnb.explore.records import ColumnNotFoundError, DataNotFoundError

N = 4000


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def codes(profile, column=None):
    return {finding.code for finding in profile.findings if column is None or finding.column == column}


def test_the_association_of_a_category_is_its_out_of_fold_auc(profile, rng):
    group = rng.integers(0, 5, N)
    target = rng.random(N) < np.array([0.1, 0.2, 0.4, 0.6, 0.9])[group]
    frame = pd.DataFrame({"group": [f"g{g}" for g in group], "y": target})
    association = profile(frame, target="y").column("group").association
    means = frame.groupby("group").y.transform("mean")
    assert association.metric == "auc"
    assert association.value == pytest.approx(roc_auc_score(target, means), abs=0.01)
    assert association.lower < association.value < association.upper
    shape = {b.label: b.mean for b in association.shape}
    assert shape["g4"] == pytest.approx(frame[frame.group == "g4"].y.mean())


def test_many_levels_without_meaning_predict_nothing(profile, rng):
    frame = pd.DataFrame({"code": [f"c{i}" for i in rng.integers(0, 300, N)], "y": rng.random(N) < 0.5})
    assert profile(frame, target="y").column("code").association.value == pytest.approx(0.5, abs=0.05)


def test_a_numeric_target_is_explained_in_r_squared(profile, rng):
    x = rng.normal(size=N)
    frame = pd.DataFrame({"x": x, "noise": rng.normal(size=N), "y": x**2 + rng.normal(0, 0.3, N)})
    result = profile(frame, target="y")
    assert result.target.task == "regression"
    assert [c.column_name for c in result.ranking] == ["x", "noise"]
    assert 0.7 < result.column("x").association.value < 1
    assert result.column("noise").association.value < 0.05


def test_several_classes_are_scored_one_against_the_rest(profile, rng):
    x = rng.normal(size=N)
    label = np.where(x < -0.5, "low", np.where(x > 0.5, "high", "mid"))
    noisy = np.where(rng.random(N) < 0.2, rng.permutation(label), label)
    result = profile(pd.DataFrame({"x": x, "z": rng.normal(size=N), "y": noisy}), target="y")
    assert result.target.classes[0].item in {"low", "mid", "high"}
    assert 0.8 < result.column("x").association.value < 0.95
    assert result.column("z").association.value == pytest.approx(0.5, abs=0.05)


def test_associations_come_from_a_sample_and_say_so(profile, rng):
    frame = pd.DataFrame({"x": rng.normal(size=N), "y": rng.random(N) < 0.5})
    result = profile(frame, target="y", sample=500)
    assert result.sample_rows == 500
    assert result.column("x").basis["association"] == "sample"
    assert result.column("x").basis.keys() <= {"association", "median", "quantiles", "outliers"}
    assert result.to_dict()["columns"] == profile(frame, target="y", sample=500).to_dict()["columns"]


@pytest.mark.parametrize("leak", ["copy", "relabelled", "score", "negative", "missing"])
def test_a_planted_leak_is_found(profile, rng, leak):
    y = rng.random(N) < 0.3
    columns = {
        "copy": y.astype(int),
        "relabelled": np.where(y, "paid", "open"),
        "score": np.where(y, 10, 0) + rng.random(N),
        "negative": -np.where(y, 10, 0) - rng.random(N),
        "missing": np.where(y | (rng.random(N) < 0.02), rng.normal(size=N), np.nan),
    }
    result = profile(pd.DataFrame({"honest": rng.normal(size=N) + y, "leak": columns[leak], "y": y}), target="y")
    expected = "LEAK_MISSING" if leak == "missing" else "LEAK_COPY"
    found = {f.code: f.severity for f in result.findings if f.column == "leak"}
    assert found[expected] == ("WARNING" if leak == "missing" else "BLOCKED")
    assert not {code for code in codes(result, "honest") if code.startswith("LEAK")}
    assert result.findings[0].column == "leak"


def test_a_strong_but_honest_column_is_a_question_and_not_a_block(profile, rng):
    y = rng.random(N) < 0.4
    result = profile(pd.DataFrame({"x": np.where(y, 3.5, 0) + rng.normal(size=N), "y": y}), target="y")
    finding = next(f for f in result.findings if f.code == "LEAK_SINGLE")
    assert finding.severity == "WARNING"
    assert "known before the outcome" in finding.hint


def test_a_copy_of_a_numeric_target_is_found(profile, rng):
    y = rng.normal(size=N)
    result = profile(
        pd.DataFrame({"same": y, "scaled": 2 * y + 1, "near": y + rng.normal(0, 0.5, N), "y": y}), target="y"
    )
    assert "LEAK_COPY" in codes(result, "same")
    assert "LEAK_COPY" in codes(result, "scaled")
    assert not codes(result, "near") & {"LEAK_COPY", "LEAK_SINGLE"}


def test_a_rare_outcome_makes_no_constant_column_a_leak(profile, rng):
    y = rng.random(N) < 0.0008
    frame = pd.DataFrame({"flag": rng.random(N) < 0.0008, "y": y | (np.arange(N) < 2)})
    assert not {code for code in codes(profile(frame, target="y")) if code.startswith("LEAK")}


def test_table_and_column_findings(profile, rng):
    frame = pd.DataFrame(
        {
            "constant": 7,
            "nearly": np.where(np.arange(N) < 5, 1, 0),
            "empty": np.full(N, np.nan),
            "sparse": np.where(rng.random(N) < 0.5, rng.normal(size=N), np.nan),
            "id": np.arange(N) + 1000,
            "levels": [f"l{i % 100}" for i in range(N)],
            "infinite": np.where(np.arange(N) == 3, np.inf, rng.normal(size=N)),
            "skewed": rng.lognormal(0, 2, N),
            "zeros": np.where(rng.random(N) < 0.6, 0, rng.random(N)),
            "number_text": [str(i) for i in rng.integers(10, 99, N)],
            "date_text": [f"2024-01-{i % 28 + 1:02d}" for i in range(N)],
            "bool_text": np.where(rng.random(N) < 0.5, "yes", "no"),
            "float": rng.normal(size=N),
        }
    )
    frame["again"] = frame["float"]
    frame["nearly_again"] = frame["float"] + rng.normal(0, 0.1, N)
    result = profile(frame)
    expected = {
        "constant": "CONSTANT",
        "nearly": "NEARLY_CONSTANT",
        "empty": "ALL_MISSING",
        "sparse": "HIGH_MISSING",
        "id": "ID_LIKE",
        "levels": "HIGH_CARDINALITY",
        "infinite": "INFINITE",
        "skewed": "SKEWED",
        "zeros": "ZERO_INFLATED",
        "number_text": "NUMERIC_TEXT",
        "date_text": "DATE_TEXT",
        "bool_text": "BOOL_TEXT",
        "again": "DUPLICATE_COLUMN",
    }
    for column, code in expected.items():
        assert code in codes(result, column), column
    assert codes(result, "float") == {"CORRELATED"}
    assert next(f for f in result.findings if f.code == "DUPLICATE_COLUMN").other == "float"
    assert "ID_LIKE" not in codes(result, "skewed")


def test_a_code_with_leading_zeros_is_not_called_a_number(profile):
    assert not codes(profile(pd.DataFrame({"zip": ["01234", "04711"] * 200})), "zip")


def test_target_findings(profile, rng):
    y = np.where(rng.random(N) < 0.02, 1.0, 0.0)
    y[:40] = np.nan
    result = profile(pd.DataFrame({"x": rng.normal(size=N), "y": y}), target="y")
    assert {"IMBALANCE", "TARGET_MISSING"} <= codes(result, "y")
    assert result.target.rows == N - 40
    constant = profile(pd.DataFrame({"x": [1, 2, 3], "y": 1}), target="y")
    assert "TARGET_CONSTANT" in codes(constant, "y")
    assert constant.target is None


def test_duplicate_rows_are_counted(profile):
    result = profile(pd.DataFrame({"a": [1, 1, 2, 2, 2], "b": list("xxyyz")}))
    assert result.duplicate_rows == 2
    assert "DUPLICATE_ROWS" in codes(result)


def test_columns_of_mixed_python_types_are_described_and_not_refused(profile):
    result = profile(pd.DataFrame({"m": [1, "a", 2.5, None]}, dtype=object))
    assert codes(result, "m") >= {"MIXED_TYPES"}
    assert result.column("m").num_nulls == 1


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pd.DataFrame({"a": [1.0]}),
        pd.DataFrame({"a": [None, None]}),
        pd.DataFrame([[1, 2]], columns=["x", "x"]),
        pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", 3)])),
        pd.DataFrame({0: [1], 1.5: ["x"]}),
    ],
    ids=["nothing", "no rows", "one row", "all missing", "same names", "multi-index", "numbers as names"],
)
def test_odd_frames_get_a_page_with_what_there_is(profile, frame):
    result = profile(frame)
    assert len(result.columns) == frame.shape[1]
    assert len({c.column_name for c in result.columns}) == frame.shape[1]
    assert result.to_html()
    assert result.to_text()


def test_every_container_gives_the_same_figures(profile, tmp_path, rng):
    frame = pd.DataFrame(
        {"n": rng.integers(0, 99, 300), "f": rng.normal(size=300), "s": [f"s{i % 7}" for i in range(300)]}
    )
    frame.to_parquet(tmp_path / "d.parquet")
    frame.to_csv(tmp_path / "d.csv", index=False)
    expected = [c.to_dict() for c in profile(frame).columns]
    for data in (pa.Table.from_pandas(frame), str(tmp_path / "d.parquet"), str(tmp_path / "d.csv")):
        found = [c.to_dict() for c in profile(data).columns]
        assert [c["frequent_items"] for c in found if c["kind"] == "numeric"] == [
            c["frequent_items"] for c in expected if c["kind"] == "numeric"
        ]
        assert [(c["count"], c.get("avg"), c["distinct_count"]) for c in found] == [
            (c["count"], c.get("avg"), c["distinct_count"]) for c in expected
        ]


def test_wrong_names_get_the_nearest_ones(profile, tmp_path):
    frame = pd.DataFrame({"arr_delay": [1, 2], "carrier": ["a", "b"]})
    with pytest.raises(ColumnNotFoundError) as error:
        profile(frame, target="arr_dely")
    assert error.value.code == "UNRESOLVED_COLUMN"
    assert "arr_delay" in error.value.hint
    with pytest.raises(ColumnNotFoundError, match="carier"):
        profile(frame, columns=["carier"])
    with pytest.raises(ColumnNotFoundError):
        profile(frame).column("nope")
    frame.to_csv(tmp_path / "flights.csv")
    with pytest.raises(DataNotFoundError) as missing:
        profile(str(tmp_path / "fligts.csv"))
    assert missing.value.code == "DATA_NOT_FOUND"
    assert "flights.csv" in missing.value.hint
    with pytest.raises(InvalidParameterError, match="cannot be explored"):
        profile(42)
    with pytest.raises(InvalidParameterError, match="sample"):
        profile(frame, sample=0)


def test_a_file_that_is_not_what_its_name_says_is_told_in_one_line(profile, tmp_path):
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"not parquet")
    with pytest.raises(InvalidParameterError) as error:
        profile(str(path))
    assert error.value.code == "DATA_NOT_READABLE"
    assert "\n" not in error.value.message


def test_a_text_target_with_a_thousand_values_is_refused(profile):
    frame = pd.DataFrame({"x": range(1500), "name": [f"n{i}" for i in range(1500)]})
    with pytest.raises(InvalidParameterError, match="too many to be classes"):
        profile(frame, target="name")


def test_columns_limit_the_profile_but_keep_the_target(profile):
    frame = pd.DataFrame({"a": [1, 2, 3] * 20, "b": [1, 2, 4] * 20, "y": [0, 1, 0] * 20})
    assert [c.column_name for c in profile(frame, target="y", columns=["b"]).columns] == ["b", "y"]
