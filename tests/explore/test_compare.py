"""Two sides laid side by side: a planted difference is found and said in words, chance is not called a difference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer, load_wine

from mlnb.explore import distances
from mlnb.explore.compare.comparing import CannotCompareError, compare
from mlnb.explore.look import Look, look_at
from mlnb.explore.records import ColumnNotFoundError, Source

N = 3000


def look(frame: pd.DataFrame, name: str = "data", rows: int | None = None, **source) -> Look:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return look_at(table, Source(kind=source.pop("kind", "frame"), name=name, **source), seed=3, rows=rows)


def sample(rng: np.random.Generator, n: int = N) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "amount": rng.lognormal(3, 1, n),
            "age": rng.integers(18, 90, n),
            "city": rng.choice(["Rome", "Oslo", "Bonn", "Kyiv"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "code": rng.integers(0, 500, n).astype(str),
            "note": [f"note {i} {'x' * int(k)}" for i, k in enumerate(rng.integers(1, 40, n))],
            "flag": rng.random(n) < 0.4,
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 100, n), unit="D"),
            "gappy": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
        }
    )


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def verdicts(comparison) -> dict[str, str]:
    return {item.column: item.verdict for item in comparison.columns}


def codes(comparison) -> set[str]:
    return {item.code for item in comparison.findings}


def test_two_draws_of_one_population_are_the_same():
    alarms = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        n = (150, 3000, 12_000)[seed % 3]
        result = compare(look(sample(rng, n)), look(sample(rng, n)), names=("train", "test"))
        alarms += sum(verdict == "differs" for verdict in verdicts(result).values())
        assert result.findings == []
        assert "No column differs between train and test; a classifier cannot tell them apart" in result.words
        assert abs(result.separability.auc - 0.5) < 0.06
        assert result.separability.lower < 0.53
    assert alarms == 0


@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_random_halves_of_public_tables_are_the_same(load):
    frame = load(as_frame=True).frame.sample(frac=1, random_state=1)
    half = len(frame) // 2
    result = compare(look(frame[:half]), look(frame[half:]), target="target")
    assert set(verdicts(result).values()) == {"same"}
    assert result.findings == []


def test_planted_shifts_are_found_ranked_and_said_in_words(rng):
    left, right = sample(rng), sample(rng)
    right["age"] += 15
    right["city"] = np.where(rng.random(N) < 0.3, "Lima", right["city"])
    right.loc[rng.random(N) < 0.3, "gappy"] = np.nan
    right["seen"] += pd.Timedelta(days=60)
    right["note"] += " and much more of it than before"
    result = compare(look(left), look(right), names=("train", "test"))
    expected = dict.fromkeys(("age", "city", "gappy", "seen", "note"), "differs")
    assert verdicts(result) == {name: expected.get(name, "same") for name in left.columns}
    assert [item.verdict for item in result.columns] == ["differs"] * 5 + ["same"] * 3
    words = {item.column: item.words for item in result.columns}
    assert words["age"].startswith("Higher in test: the median is ")
    assert "Lima is only in test (" in words["city"]
    assert "points more missing in test than in train" in words["gappy"]
    assert "2024-0" in words["seen"]
    assert "characters" in words["note"]
    assert words["amount"] == "No difference."
    assert result.words.startswith("5 of 8 columns differ between train and test (")
    assert "a classifier tells them apart (AUC" in result.words
    assert result.separability.auc > 0.9
    assert {name for name, _ in result.separability.top} & {"seen", "age", "note"}
    assert "LEAK_SPLIT" in codes(result)


def test_the_figures_are_those_of_the_shared_distances(rng):
    left, right = rng.normal(size=2000), rng.normal(0.3, 1.2, 2000)
    item = compare(look(pd.DataFrame({"x": left})), look(pd.DataFrame({"x": right}))).columns[0]
    edges = distances.fine_edges(left)
    expected = distances.numeric_distances(
        edges,
        distances.histogram(left, edges),
        distances.histogram(right, edges),
        reference_range=(left.min(), left.max()),
        current_range=(right.min(), right.max()),
    )
    assert item.psi == pytest.approx(expected.psi)
    assert item.js == pytest.approx(expected.js)
    assert item.ks == pytest.approx(expected.ks.statistic)
    assert item.wasserstein == pytest.approx(expected.wasserstein)
    assert item.delta_avg == pytest.approx(right.mean() - left.mean())
    assert len(item.labels) == len(item.left) == len(item.right)
    assert sum(item.left) == pytest.approx(1) == sum(item.right)


def test_a_difference_that_is_measurable_but_small_is_the_same():
    rng = np.random.default_rng(1)
    left, right = pd.DataFrame({"x": rng.normal(size=60_000)}), pd.DataFrame({"x": rng.normal(0.03, 1, 60_000)})
    item = compare(look(left), look(right)).columns[0]
    assert item.p_adjusted < 0.05
    assert item.verdict == "same"
    assert "too small to matter" in item.words


def test_few_values_and_other_types_are_unknown(rng):
    left = pd.DataFrame({"few": rng.normal(size=100), "typed": rng.normal(size=100), "same": rng.normal(size=100)})
    right = left.copy()
    right.loc[20:, "few"] = np.nan
    right["typed"] = [f"v{i % 3}" for i in range(100)]
    result = compare(look(left), look(right), names=("old", "new"))
    words = {item.column: item.words for item in result.columns}
    assert verdicts(result)["typed"] == "unknown"
    assert "string in new cannot be compared" in words["typed"]
    assert verdicts(result)["few"] == "differs"  # 80 % are missing on one side: that can be told
    assert result.schema_.retyped == [("typed", "double", "string")]


def test_columns_that_come_go_and_change_type(rng):
    left = pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3], "gone": [1, 2, 3]})
    right = pd.DataFrame({"a": [1, 2, 3], "b": [1.5, 2, 3], "new": [1, 2, 3]})
    schema = compare(look(left), look(right)).schema_
    assert (schema.added, schema.removed, schema.retyped) == (["new"], ["gone"], [("b", "bigint", "double")])
    with pytest.raises(CannotCompareError, match="no column in common") as error:
        compare(look(left[["gone"]]), look(right[["new"]]))
    assert "gone" in error.value.hint
    with pytest.raises(ColumnNotFoundError):
        compare(look(left), look(right), target="gone")


def test_identical_rows_and_shared_groups_between_train_and_test(rng):
    frame = sample(rng).assign(person=rng.integers(0, 300, N))
    train, test = frame[:2000], pd.concat([frame[2000:], frame[:200]])
    result = compare(look(train), look(test), names=("train", "test"), group="person")
    assert result.overlap.rows == 200
    assert result.overlap.share == pytest.approx(200 / 1200)
    assert result.overlap.groups == len(set(train["person"]) & set(test["person"]))
    assert {"LEAK_OVERLAP", "LEAK_GROUP"} <= codes(result)
    clean = compare(look(train[train.person < 150]), look(test[test.person >= 150]), group="person")
    assert (clean.overlap.rows, clean.overlap.groups) == (0, 0)
    assert not codes(clean) & {"LEAK_OVERLAP", "LEAK_GROUP"}


def test_rows_that_are_equal_by_chance_are_no_leak(rng):
    frame = pd.DataFrame({"a": rng.integers(0, 4, 2000), "b": rng.choice(["x", "y"], 2000)})
    result = compare(look(frame[:1000]), look(frame[1000:]))
    assert result.overlap.share == 1.0
    assert result.findings == []


def test_identical_rows_of_samples_are_estimated_for_all_rows(rng):
    whole = sample(rng, 40_000)
    first, second = whole[:30_000], whole[20_000:]
    left = look(first.sample(10_000, random_state=1), rows=30_000)
    right = look(second.sample(10_000, random_state=2), rows=20_000)
    result = compare(left, right)
    assert result.overlap.rows == pytest.approx(10_000, rel=0.1)
    assert "estimated" in result.notes[0]


def test_two_versions_of_a_table_share_rows_without_an_alarm(rng):
    frame = sample(rng)
    old = look(frame, "main.a.b", kind="table", version=1)
    new = look(pd.concat([frame, sample(rng, 300)]), "main.a.b", kind="table", version=2)
    result = compare(old, new)
    assert (result.left.name, result.right.name) == ("version 1", "version 2")
    assert result.overlap.rows == N
    assert result.findings == []


def test_rows_on_both_sides_are_not_told_apart(rng):
    frame = sample(rng, 1000)
    apart = compare(look(frame), look(frame)).separability
    assert abs(apart.auc - 0.5) < 0.05
    few = pd.DataFrame({"a": rng.integers(0, 3, 1000), "b": rng.integers(0, 2, 1000)})
    other = few.assign(b=(rng.random(1000) < 0.9).astype(int))
    assert compare(look(few), look(other)).separability.lower > 0.6
    assert abs(compare(look(few), look(few)).separability.auc - 0.5) < 0.08


def test_columns_without_values_and_of_every_type_can_be_compared(rng):
    n = 120
    table = pa.table(
        {
            "nothing": pa.nulls(n),
            "infinite": pa.array([np.inf, -np.inf, np.nan] * (n // 3)),
            "seldom": pa.array([1.5, *[None] * (n - 1)]),
            "lists": pa.array([[1]] * n),
            "bytes": pa.array([b"a"] * n),
            "same": pa.array([2**62] * n),
            "maybe": pa.array([True, None] * (n // 2)),
            "day": pa.array(np.arange(n).astype("datetime64[D]")),
            "zone": pa.array(np.arange(n) * 10**9).cast(pa.timestamp("us", "Europe/Berlin")),
        }
    )
    sides = [look_at(table, Source(kind="frame", name="f"), seed=1) for _ in range(2)]
    result = compare(*sides, time_column="day")
    assert set(verdicts(result).values()) == {"same", "unknown"}
    assert "'lists'" not in result.findings[0].code_pandas


def test_overlap_in_time_is_told(rng):
    frame = sample(rng)
    early, late = frame[frame.seen < "2024-03-01"], frame[frame.seen >= "2024-03-01"]
    apart = compare(look(early), look(late), time_column="seen", names=("train", "test"))
    assert apart.overlap.time_start is None
    assert any("do not overlap in seen" in note for note in apart.notes)
    assert abs(apart.separability.auc - 0.5) < 0.1  # the classifier does not see the time
    mixed = compare(look(frame[:1500]), look(frame[1500:]), time_column="seen")
    assert mixed.overlap.time_start[:7] == "2024-01"


def test_a_target_that_differs_is_a_finding(rng):
    left, right = sample(rng), sample(rng)
    right["flag"] = rng.random(N) < 0.7
    result = compare(look(left), look(right), target="flag")
    finding = next(item for item in result.findings if item.code == "DRIFT")
    assert finding.column == "flag"
    assert "%" in finding.message


def test_less_change_of_the_target_matters_and_times_in_text_are_times(rng):
    n = 20_000
    days = pd.date_range("2024-01-01", periods=200).strftime("%Y-%m-%d").to_numpy()
    left = pd.DataFrame({"y": rng.random(n) < 0.2, "day": rng.choice(days[:100], n)})
    right = pd.DataFrame({"y": rng.random(n) < 0.27, "day": rng.choice(days[100:], n)})
    result = compare(look(left), look(right), target="y", time_column="day", names=("old", "new"))
    assert verdicts(result) == {"day": "differs", "y": "differs"}
    assert result.columns[0].words.startswith("Higher in new: the median is 2024-05-")
    assert [f.column for f in result.findings] == ["y"]
    assert verdicts(compare(look(left), look(right)))["y"] == "same"


def test_a_combination_that_no_column_shows_alone_is_told_apart(rng):
    n = 4000
    signs = rng.choice([-1.0, 1.0], n)
    left = pd.DataFrame({"a": signs, "b": signs * np.abs(rng.normal(size=n))})
    right = pd.DataFrame({"a": signs, "b": -signs * np.abs(rng.normal(size=n))})
    result = compare(look(left), look(right))
    assert set(verdicts(result).values()) == {"same"}
    assert result.separability.lower > 0.95
    assert {name for name, _ in result.separability.top} == {"a", "b"}


def test_values_of_personal_data_stay_out_of_a_comparison(rng):
    left = pd.DataFrame({"mail": [f"person{i % 9}@example.org" for i in range(900)]})
    right = pd.DataFrame({"mail": [f"person{i % 3}@example.org" for i in range(900)]})
    result = compare(look(left), look(right))
    assert result.columns[0].verdict == "differs"
    assert "@" not in str(result.to_dict())


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_hardly_any_rows_are_no_error(rng, rows):
    result = compare(look(sample(rng, 200)), look(sample(rng, 200)[:rows]))
    assert set(verdicts(result).values()) <= {"unknown", "same"}
    assert result.separability is None


def test_two_values_are_told_by_the_share_of_one(rng):
    left = pd.DataFrame({"late": (rng.random(N) < 0.16).astype(int), "x": rng.normal(size=N)})
    right = pd.DataFrame({"late": (rng.random(N) < 0.32).astype(int), "x": rng.normal(size=N)})
    result = compare(look(left), look(right), target="late", names=("november", "december"))
    (late,) = [item for item in result.columns if item.column == "late"]
    shares = right["late"].mean(), left["late"].mean()
    assert late.words == f"late = 1 in {shares[0]:.1%} of december against {shares[1]:.1%} of november."
    assert late.words in next(item.message for item in result.findings if item.code == "DRIFT")


def test_the_page_says_once_what_two_frames_are(rng):
    def page(left, right):
        return compare(left, right, names=("november", "december")).to_html()

    frame = sample(rng)
    both = page(look(frame, "data frame"), look(frame, "data frame"))
    assert '<p class="s">two data frames · ' in both
    assert "frame data frame" not in both
    assert '<p class="s">two data frames of main.a.b version 3 · ' in page(
        look(frame, "main.a.b", version=3), look(frame, "main.a.b", version=3)
    )
    assert '<p class="s">a data frame · table main.a.b version 3 · ' in page(
        look(frame, "data frame"), look(frame, "main.a.b", kind="table", version=3)
    )


@pytest.mark.parametrize("time_column", [None, "seen"])
def test_what_only_follows_the_clock_is_said_and_not_shown_to_the_classifier(rng, time_column):
    frame = sample(rng)
    frame["seen"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 59, N), unit="D")
    frame["month"], frame["weekday"] = frame.seen.dt.month, frame.seen.dt.day_of_week
    frame["price"] = np.where(frame.month == 2, 12, 10)  # was changed on that very day, and is no calendar
    early, late = frame[frame.month == 1], frame[frame.month == 2]
    result = compare(look(early), look(late), time_column=time_column, names=("january", "february"))
    assert {item.column for item in result.columns if item.follows_time} == {"seen", "month", "weekday"}
    words = {item.column: item.words for item in result.columns}
    assert words["month"].endswith("It follows seen.")
    assert "follows" not in words["price"]
    assert "(price, " in result.words
    if time_column is None:
        return  # a difference in time is for the classifier to find until somebody says which column is the time
    assert [name for name, _ in result.separability.top] == ["price"]
    assert "only say when a row happened" in result.notes[-1]
    without = [look(side.drop(columns="price")) for side in (early, late)]
    assert abs(compare(*without, time_column=time_column).separability.auc - 0.5) < 0.1
