"""The static page and the text: small, escaped, themed, without script."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from mlnb.explore.page.words import unavailable_word

VOID = {"meta", "path", "rect", "circle"}


class Checker(HTMLParser):
    """Collects tags and checks that they are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parse(page):
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    return checker


def wide(columns, rows=150):
    rng = np.random.default_rng(0)
    data = {
        f"column_{i}": rng.normal(size=rows) if i % 2 else [f"v{j}" for j in rng.integers(0, 30, rows)]
        for i in range(columns)
    }
    data["y"] = rng.random(rows) < 0.3
    return pd.DataFrame(data)


@pytest.mark.parametrize("columns", [5, 30, 300, 1000])
def test_the_page_stays_under_a_hundred_kilobytes(profile, columns):
    page = profile(wide(columns), target="y").to_html(standalone=True)
    assert len(page.encode()) < 100_000
    checker = parse(page)
    assert "script" not in checker.tags
    assert not [name for name, _ in checker.attributes if name.startswith("on")]
    if columns == 1000:
        assert "more columns are not shown" in page


def test_hostile_names_and_values_are_escaped(profile):
    evil = "<script>alert(1)</script>\"'&"
    frame = pd.DataFrame({evil: [evil, "b"] * 60, "y": [1, 0] * 60})
    page = profile(frame, target="y").to_html(standalone=True)
    checker = parse(page)
    assert "script" not in checker.tags
    assert any("alert(1)" in text for text in checker.text)


def test_colours_follow_the_theme_and_have_a_fallback(profile):
    page = profile(wide(3)).to_html()
    assert "prefers-color-scheme:dark" in page
    body = page.split("</style>")[1]
    assert not re.search(r"#[0-9a-f]{6}", body)
    assert re.search(r"var\(--jp-layout-color1,#", page)


def test_findings_come_first_and_columns_open_without_script(profile):
    frame = wide(4)
    frame["leak"] = frame.y.astype(int)
    page = profile(frame, target="y").to_html()
    assert page.index("LEAK_COPY") < page.index("What predicts") < page.index('<details class="c">')
    assert page.count("<details") >= 6


def test_a_clean_table_says_that_nothing_was_found(profile):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.normal(size=500), "b": rng.normal(size=500)})
    assert "Nothing to worry about" in profile(frame).to_html()


@pytest.mark.parametrize("width", [60, 200])
def test_the_text_fits_the_terminal(profile, width):
    frame = wide(6)
    frame["a name that is much longer than any column should have"] = 1
    text = profile(frame, target="y").to_text(width)
    assert max(map(len, text.splitlines())) <= width
    assert "CONSTANT" in text
    assert str(profile(frame)).count("\n") >= 7


def test_the_figures_as_a_frame_have_the_monitors_names(profile):
    figures = profile(wide(2), target="y").to_pandas()
    assert {"num_nulls", "distinct_count", "avg", "stddev", "median", "association"} <= set(figures.columns)
    assert list(figures.index) == ["column_0", "column_1", "y"]


def test_why_a_column_cannot_be_used_is_a_short_badge_with_the_reason_behind_it(profile):
    page = profile(delays(), target="late").to_html()
    badge = re.search(r'<span class="y" title="([^"]+)">known only afterwards</span>', page)
    assert badge is not None
    assert "happened" in badge[1]
    assert "unavailable at serving" not in page
    assert "not at serving" in page
    assert unavailable_word("forbidden by the scope card punctual") == "forbidden by punctual"
    assert unavailable_word("forbidden by the scope card") == "forbidden by the scope card"
    assert (
        unavailable_word("is a - b, what happened less what was planned: known only afterwards")
        == "known only afterwards"
    )


def delays(rows=600):
    rng = np.random.default_rng(1)
    planned = rng.integers(0, 900, rows).astype(float)
    late = rng.normal(10, 30, rows).round()
    return pd.DataFrame(
        {
            "sched_dep": planned,
            "actual_dep": planned + late,
            "x": rng.normal(size=rows),
            "late": late + rng.normal(0, 9, rows) > 15,
        }
    )


def test_every_leak_has_its_own_sentence_where_others_fold():
    from mlnb.explore.page.findings import findings

    def one(code, column, severity="WARNING"):
        return {
            "code": code,
            "column": column,
            "severity": severity,
            "message": f"{code} says of {column}.",
            "hint": "x",
        }

    items = [one("SKEWED", f"s{i}") for i in range(8)]
    items += [one("LEAK_AFTER", "dep_delay"), one("LEAK_AFTER", "dep_time")]
    items += [one("CONSTANT", f"c{i}", "INFO") for i in range(8)] + [one("LEAK_SUM", "parts", "INFO")]
    page = findings(items, 6, 2)
    for column in ("dep_delay", "dep_time"):
        assert f"LEAK_AFTER says of {column}." in page
    assert "LEAK_SUM says of parts." in page
    assert "2 columns: <small>s6, s7</small>" in page
    assert "SKEWED says of s7." not in page
    many = findings([one("LEAK_COPY", f"copy{i}") for i in range(5000)], 6, 2)
    assert len(many) < 40_000
