"""Every rule of leakage just below and just above its limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlnb.explore.findings.making import in_rows
from mlnb.explore.leakage.screen import gate, screen
from mlnb.explore.records import Finding

N = 10_000


def some(rng, n=N, share=0.4):
    return rng.random(n) < share


def wrong_in(values, number, rng):
    """Turn exactly so many of the values around."""
    turned = values.copy()
    where = rng.choice(len(values), number, replace=False)
    turned[where] = ~turned[where]
    return turned


def told(look, frame, target="y", **options):
    """Code to severity of what is said of ``leak``."""
    found = screen(look(frame), target, **options)
    return {f.code: f.severity for f in found if f.column == "leak" or "leak" in f.evidence.get("columns", ())}


@pytest.mark.parametrize(("errors", "expected"), [(9, {"LEAK_COPY": "BLOCKED"}), (11, {"LEAK_SINGLE": "WARNING"})])
def test_a_copy_is_right_in_more_than_999_of_1000_rows(look, rng, errors, expected):
    y = some(rng)
    assert told(look, pd.DataFrame({"leak": wrong_in(y, errors, rng), "y": y})) == expected


@pytest.mark.parametrize(("errors", "copy"), [(8, True), (12, False)])
def test_a_threshold_is_right_in_more_than_999_of_1000_rows(look, rng, errors, copy):
    y = some(rng)
    leak = np.where(wrong_in(y, errors, rng), 1.0, -1.0) * rng.uniform(0.1, 1, N)
    assert ("LEAK_COPY" in told(look, pd.DataFrame({"leak": leak, "y": y}))) == copy


@pytest.mark.parametrize(("errors", "copy"), [(1, True), (30, False)])
def test_a_rare_outcome_is_copied_only_where_its_own_rows_are_right(look, rng, errors, copy):
    y = np.arange(N) < 100  # a constant column would be right in 99 % of the rows
    leak = wrong_in(y, errors, rng).astype(int)
    assert ("LEAK_COPY" in told(look, pd.DataFrame({"leak": leak, "y": y}))) == copy


def test_a_column_that_is_hardly_ever_filled_in_is_not_judged(look, rng):
    y = some(rng)
    leak = np.where(np.arange(N) < 15, y, np.nan)
    assert told(look, pd.DataFrame({"leak": leak, "y": y})) == {}


@pytest.mark.parametrize(("share", "expected"), [(0.045, {"LEAK_SINGLE": "WARNING"}), (0.056, {})])
def test_one_column_above_95_is_asked_about(look, rng, share, expected):
    y = some(rng, share=0.5)
    assert told(look, pd.DataFrame({"leak": y ^ some(rng, share=share), "y": y})) == expected


@pytest.mark.parametrize(("errors", "severity"), [(4, "BLOCKED"), (20, "WARNING")])
def test_one_column_above_999_is_blocked(look, rng, errors, severity):
    y = some(rng, share=0.5)
    kind = np.where(wrong_in(y, errors, rng), rng.integers(0, 10, N), rng.integers(10, 20, N))
    assert told(look, pd.DataFrame({"leak": [f"k{k}" for k in kind], "y": y})) == {"LEAK_SINGLE": severity}


def test_a_strong_honest_input_is_a_question(look, rng):
    y = some(rng)
    found = screen(look(pd.DataFrame({"size": np.where(y, 3.3, 0) + rng.normal(size=N), "y": y})), "y")
    assert [(f.code, f.severity) for f in found] == [("LEAK_SINGLE", "WARNING")]
    assert "almost alone" in found[0].message
    assert "Is it known before the outcome?" in found[0].hint
    assert gate(found).passed


def test_strong_inputs_that_go_together_ask_once(look, rng):
    y = some(rng)
    size = np.where(y, 3.3, 0) + rng.normal(size=N)
    other = np.where(y, 3.2, 0) + rng.normal(size=N)
    frame = pd.DataFrame({"size": size, "area": size**3 + rng.normal(0, 0.3, N), "other": other, "y": y})
    found = {f.column: f for f in screen(look(frame), "y")}
    assert {name: f.severity for name, f in found.items()} == {"size": "WARNING", "area": "INFO", "other": "WARNING"}
    assert found["area"].evidence["with"] == "size"
    assert "as does size" in found["area"].message


@pytest.mark.parametrize(("lead", "expected"), [(2.2, {"LEAK_SINGLE": "INFO"}), (1.2, {})])
def test_an_input_far_ahead_of_all_others_is_a_hint(look, rng, lead, expected):
    y = some(rng)
    others = {f"x{i}": 0.3 * y + rng.normal(size=N) for i in range(4)}
    assert told(look, pd.DataFrame({"leak": lead * y + rng.normal(size=N), **others, "y": y})) == expected


@pytest.mark.parametrize("noise", [0.0, 0.001])
def test_a_monotone_copy_of_a_number_with_ties_is_found_and_a_noisy_one_asked_about(look, rng, noise):
    y = rng.normal(size=N)
    leak = np.round(np.exp(y), 4) + noise * rng.normal(size=N)
    expected = {"LEAK_COPY": "BLOCKED"} if noise == 0 else {"LEAK_SINGLE": "BLOCKED"}
    assert told(look, pd.DataFrame({"leak": leak, "y": y})) == expected


def test_a_number_that_is_mostly_one_value_is_not_copied_by_that_value(look, rng):
    y = np.where(np.arange(N) < 5, rng.normal(size=N), 0.0)
    frame = pd.DataFrame({"leak": np.where(some(rng, share=0.0003), 1.0, 0.0), "y": y + 0.0})
    frame.loc[:20, "y"] = np.arange(21)
    assert "LEAK_COPY" not in told(look, frame)


@pytest.mark.parametrize(("errors", "severity"), [(8, "BLOCKED"), (14, "WARNING"), (60, None)])
@pytest.mark.parametrize("sign", ["+", "*"])
def test_a_sum_and_a_product_hold_in_more_than_999_of_1000_rows(look, rng, errors, severity, sign):
    a, b = rng.gamma(3, 10, N), rng.gamma(2, 5, N)
    y = a + b if sign == "+" else a * b
    y[rng.choice(N, errors, replace=False)] += 7.7
    found = told(look, pd.DataFrame({"leak": a, "other": b, "z": rng.normal(size=N), "y": y}))
    assert found.get("LEAK_SUM") == severity


@pytest.mark.parametrize(("rows", "expected"), [(600, True), (400, False)])
def test_a_pair_decides_only_where_there_are_rows_enough(look, rng, rows, expected):
    y = some(rng, rows)
    b = rng.normal(0, 50, rows)
    frame = pd.DataFrame({"leak": b + np.where(y, 2, -2) * rng.uniform(0.2, 1, rows), "b": b, "y": y})
    assert ("LEAK_SUM" in told(look, frame)) == expected


def test_thousands_of_pairs_of_noise_decide_nothing(look, rng):
    frame = pd.DataFrame({f"x{i}": rng.normal(size=600) for i in range(80)} | {"y": some(rng, 600)})
    assert screen(look(frame), "y") == []


def test_one_times_the_target_is_a_copy_and_no_product(look, rng):
    y = rng.gamma(2, 5, N)
    found = screen(look(pd.DataFrame({"leak": y, "one": np.ones(N), "zero": np.zeros(N), "y": y})), "y")
    assert [f.code for f in found] == ["LEAK_COPY"]


@pytest.mark.parametrize(("share", "expected"), [(0.08, "WARNING"), (0.12, None)])
def test_missing_alone_above_90_is_asked_about(look, rng, share, expected):
    y = some(rng, share=0.5)
    leak = np.where(y ^ some(rng, share=share), rng.normal(size=N), np.nan)
    assert told(look, pd.DataFrame({"leak": leak, "y": y})).get("LEAK_MISSING") == expected


@pytest.mark.parametrize(("rows", "expected"), [(90, "WARNING"), (15, None)])
def test_rows_without_a_value_that_are_all_of_one_class_are_more_than_chance(look, rng, rows, expected):
    y = some(rng)
    leak = rng.normal(size=N)
    leak[np.flatnonzero(~y)[:rows]] = np.nan
    found = told(look, pd.DataFrame({"leak": leak, "y": y}))
    assert found.get("LEAK_MISSING") == expected


def test_a_few_of_the_other_class_among_the_missing_rows_are_no_rule(look, rng):
    y = some(rng)
    leak = rng.normal(size=N)
    leak[np.concatenate((np.flatnonzero(~y)[:400], np.flatnonzero(y)[:10]))] = np.nan
    assert told(look, pd.DataFrame({"leak": leak, "y": y})) == {}


@pytest.mark.parametrize(("kept", "expected"), [(0.9, "WARNING"), (0.6, None)])
def test_missing_with_the_target_needs_agreement(look, rng, kept, expected):
    y, without = rng.normal(size=N), some(rng, share=0.05)
    leak = np.where(without & some(rng, share=kept), np.nan, rng.normal(size=N))
    frame = pd.DataFrame({"leak": leak, "y": np.where(without, np.nan, y)})
    assert told(look, frame).get("LEAK_MISSING") == expected


@pytest.mark.parametrize(("share", "expected"), [(0.53, "WARNING"), (0.47, None)])
@pytest.mark.parametrize("as_text", [False, True])
def test_later_than_the_row_in_more_than_half_of_the_rows(look, rng, share, expected, as_text):
    at = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, N), unit="D"))
    leak = at + pd.to_timedelta(np.where(some(rng, share=share), 2, -1), unit="D")
    frame = pd.DataFrame({"at": at, "leak": leak.dt.strftime("%Y-%m-%d") if as_text else leak, "y": some(rng)})
    found = screen(look(frame), "y", time_column="at")
    assert {f.code: f.severity for f in found if f.column == "leak"}.get("LEAK_AFTER") == expected
    if expected and not as_text:
        assert "typically by 2 days" in found[0].message


def test_planned_and_actual_are_told_only_where_they_say_something(look, rng):
    y = some(rng)
    planned = rng.gamma(4, 5, N)
    late = pd.DataFrame({"expectedHours": planned, "hours": planned + 30 * y + rng.normal(0, 9, N), "y": y})
    same = pd.DataFrame({"expectedHours": planned, "hours": planned + rng.normal(0, 9, N), "y": y})
    assert [(f.code, f.column, f.other) for f in screen(look(late), "y") if f.code == "LEAK_AFTER"] == [
        ("LEAK_AFTER", "hours", "expectedHours")
    ]
    assert screen(look(same), "y") == []


def notes(rng, n=N):
    words = np.array(["call", "asked", "price", "later", "again", "team", "offer", "visit", "question", "bill"])
    return [" ".join(words[rng.integers(0, len(words), 6)]) for _ in range(n)]


@pytest.mark.parametrize(("share", "expected"), [(0.36, "WARNING"), (0.24, None)])
def test_a_word_that_only_one_class_has_must_be_frequent(look, rng, share, expected):
    y = some(rng)
    text = [f"{note} cancelled" if t else note for note, t in zip(notes(rng), y & some(rng, share=share), strict=True)]
    assert told(look, pd.DataFrame({"leak": text, "y": y})).get("LEAK_TEXT") == expected


@pytest.mark.parametrize(("share", "expected"), [(0.04, "WARNING"), (0.01, None)])
def test_a_word_that_names_the_class_may_be_rarer(look, rng, share, expected):
    fraud = some(rng)
    mark = fraud & some(rng, share=share)
    text = [f"{note} Fraudulent!" if t else note for note, t in zip(notes(rng), mark, strict=True)]
    found = screen(look(pd.DataFrame({"leak": text, "is_fraud": fraud})), "is_fraud")
    assert {f.code: f.severity for f in found}.get("LEAK_TEXT") == expected


def test_the_words_of_both_classes_are_no_leak(look, rng):
    y = some(rng)
    text = [f"{note} {'good' if t else 'fine'}" for note, t in zip(notes(rng), some(rng), strict=True)]
    assert told(look, pd.DataFrame({"leak": text, "y": y})) == {}


@pytest.mark.parametrize(("share", "expected"), [(0.17, "WARNING"), (0.23, None)])
@pytest.mark.parametrize("kind", ["rows", "id", "text id"])
def test_an_order_above_80_is_told(look, rng, share, expected, kind):
    y = (np.arange(N) < N // 2) ^ some(rng, share=share)
    frame = pd.DataFrame({"x": rng.normal(size=N), "y": y})
    if kind != "rows":
        frame["leak"] = np.arange(N) + 5000 if kind == "id" else [f"A{i}" for i in range(N)]
        frame = frame.sample(frac=1, random_state=0, ignore_index=True)
    found = [f for f in screen(look(frame), "y") if f.code == "LEAK_ORDER"]
    assert [f.severity for f in found] == ([expected] if expected else [])
    assert [f.column for f in found] == ([None if kind == "rows" else "leak"] if expected else [])


def test_a_number_that_is_no_id_is_a_strong_input_and_no_order(look, rng):
    y = some(rng)
    frame = pd.DataFrame({"leak": ((3.3 * y + rng.normal(size=N)) * 1e6).astype(int), "y": y})
    assert told(look, frame) == {"LEAK_SINGLE": "WARNING"}


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("leak", "lake/2024/part-{}.parquet", True),
        ("leak_file", "part-{}.csv", True),
        ("leak", "Area/City{}", False),
        ("leak", "v{}.x", False),
    ],
)
def test_a_file_is_told_by_its_form_and_a_name_with_a_stroke_is_none(look, rng, name, pattern, expected):
    y = some(rng)
    part = np.where(y ^ some(rng, share=0.1), 1, 2)
    found = screen(look(pd.DataFrame({name: [pattern.format(k) for k in part], "y": y})), "y")
    assert [f.code for f in found if f.column == name] == (["LEAK_ORDER"] if expected else [])


def test_forbidden_columns_block_with_their_reason_whether_or_not_there_is_a_target(look, rng):
    frame = pd.DataFrame({"Leak": rng.normal(size=200), "y": some(rng, 200)})
    for target in ("y", None):
        [found] = screen(look(frame), target, forbidden=[("leak", "decided by the agent"), ("gone", "")])
        assert (found.code, found.severity, found.column) == ("LEAK_FORBIDDEN", "BLOCKED", "Leak")
        assert "decided by the agent" in found.message


@pytest.mark.parametrize("rows", [0, 1, 2500])
def test_held_out_rows_block(look, rng, rows):
    frame = pd.DataFrame({"x": rng.normal(size=200), "y": some(rng, 200)})
    found = [f.message for f in screen(look(frame), "y", holdout_rows=rows)]
    assert found == (
        []
        if rows == 0
        else ["1 held-out row is inside this data."]
        if rows == 1
        else ["2,500 held-out rows are inside this data."]
    )


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": [1.0], "y": [1]}),
        pd.DataFrame({"x": [1.0, 2.0] * 15, "y": [1, 1] * 15}),
        pd.DataFrame({"x": [None] * 40, "t": [""] * 40, "y": [0, 1] * 20}),
        pd.DataFrame({"x": [[1], [2]] * 20, "y": [0, 1] * 20}),
        pd.DataFrame({"x": [np.inf, -np.inf] * 20, "z": [np.inf] * 40, "y": [0.5, 1.5] * 15 + list(range(10))}),
        pd.DataFrame({"x": list("äöüß漢字") * 10, "y": [0] * 30 + [1] * 30}),
    ],
    ids=["one row", "constant target", "nothing known", "lists", "infinite", "letters"],
)
def test_odd_tables_are_screened_without_a_word_too_much(look, frame):
    assert all(f.message and f.severity != "BLOCKED" for f in screen(look(frame), "y"))


# -- the gate ----------------------------------------------------------------------------------------------------------


def finding(code, severity, column, **more):
    return Finding(code=code, severity=severity, column=column, message="x", **more)


def test_the_gate_blocks_on_open_blocked_leaks_only():
    blocked = finding("LEAK_COPY", "BLOCKED", "a", id="1")
    warning = finding("LEAK_SINGLE", "WARNING", "b", id="2")
    other = finding("ALL_MISSING", "BLOCKED", "c", id="3")
    verdict = gate([blocked, warning, other])
    assert (verdict.passed, verdict.blocked, verdict.warnings) == (False, [blocked], [warning])
    assert verdict.summary == "Blocked by a."
    assert gate([warning, other]).passed
    assert gate([]).summary == "No leak was found."


@pytest.mark.parametrize("how", ["id", "finding", "state"])
def test_a_dismissed_leak_passes_and_is_named(how):
    blocked = finding("LEAK_COPY", "BLOCKED", "a", id="1")
    answered = {
        "id": ([blocked], ["1"]),
        "finding": ([blocked], [finding("LEAK_COPY", "BLOCKED", "a", id="from last week")]),
        "state": ([blocked.model_copy(update={"state": "dismissed", "reason": "known at order"})], []),
    }
    findings, dismissed = answered[how]
    verdict = gate(findings, dismissed)
    assert verdict.passed
    assert verdict.overridden == findings
    assert "a: dismissed with a reason" in verdict.summary


def test_findings_without_an_id_are_not_dismissed_by_an_empty_one():
    assert not gate([finding("LEAK_COPY", "BLOCKED", "a")], [""]).passed


@pytest.mark.parametrize(
    ("share", "said"), [(1.0, "in every row"), (0.999_97, "in 99.99% of the rows"), (0.5, "in 50.00% of the rows")]
)
def test_rounding_never_makes_it_all_rows(share, said):
    assert in_rows(share) == said
