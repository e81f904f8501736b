"""Outputs: everything escaped, numbers readable, nothing that runs."""

from __future__ import annotations

import importlib
import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlnb import display
from mlnb.display import html

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE x; --",
    "&amp;",
    "</style><script>",
    "javascript:alert(1)",
    "\u202eevil\u202c",
]


@pytest.mark.parametrize("text", NASTY)
def test_data_never_becomes_markup(text: str) -> None:
    shown = html.card(text, {text: text}, {text: text}, body=[text, html.table([{text: text}])], state=(text, text))
    inner = shown.split("</style>", 1)[1]
    assert "<script" not in inner
    assert "<img" not in inner
    assert 'href="javascript' not in inner


@given(st.text())
def test_any_text_survives_escaping(text: str) -> None:
    import html as standard

    assert standard.unescape(html.escape(text)) == standard.unescape(standard.escape(text))
    assert "<" not in html.escape(text)


def test_safe_parts_are_not_escaped_twice() -> None:
    assert html.escape(html.tag("a<b")) == html.tag("a<b")
    assert html.tag("a<b").count("&lt;") == 1


def test_numbers_are_aligned_and_readable() -> None:
    shown = html.table([{"n": 336776, "auc": 0.7512345}, {"n": 1, "auc": None}])
    assert '<td class="num">336,776</td>' in shown
    assert "0.7512" in shown
    assert html.number(float("nan")) == "nan"
    assert html.number(True) == "True"


def test_long_tables_are_cut_and_counted() -> None:
    shown = html.table([{"i": i} for i in range(60)], limit=50)
    assert shown.count("<tr>") == 51
    assert "10 more" in shown


def test_links_go_only_to_web_addresses() -> None:
    assert html.link("x", "javascript:alert(1)") == "x"
    assert html.link("x", "data:text/html,x") == "x"
    assert 'href="http://127.0.0.1:1/a?b=1&amp;c=2"' in html.link("x", "http://127.0.0.1:1/a?b=1&c=2")
    assert "href" in html.link("x", "files/report.html")


def test_colours_follow_the_theme_with_a_fallback() -> None:
    import re

    variables = re.findall(r"var\((--jp-[\w-]+)(,[^)]*)?", html.STYLE)
    assert len(variables) > 10
    assert [name for name, fallback in variables if not fallback] == []


def test_every_stage_has_formatters_by_type_name() -> None:
    for stage in display.STAGES:
        if importlib.util.find_spec(f"mlnb.display.{stage}") is None:
            continue
        formatters = importlib.import_module(f"mlnb.display.{stage}").FORMATTERS
        assert formatters, stage
        assert all(isinstance(name, str) and callable(function) for name, function in formatters.items()), stage
