"""One picture in one line: what is drawn agrees with the data, and nothing in it runs or leaves the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mlnb.core.errors import InvalidParameterError, MlnbError
from mlnb.magics import spec
from mlnb.magics.base import MagicCall, UsageError


class Checker(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


def parse(page):
    checker = Checker()
    checker.feed(page)
    return checker


def frame(rows: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "x": rng.normal(size=rows),
            "z": rng.normal(size=rows),
            "level": rng.choice(["a", "<b>"], rows),
            "at": pd.date_range("2024-01-01", periods=rows, freq="h"),
            "y": rng.random(rows) < 0.3,
        }
    )


@pytest.mark.parametrize(
    ("kind", "columns", "options"),
    [
        ("distribution", "x", {}),
        ("distribution", "level", {}),
        ("by_target", "x", {"by": "y"}),
        ("by_target", "level", {"by": "y"}),
        ("trend", "x", {"over": "at"}),
        ("trend", "x", {"over": "at", "by": "level"}),
        ("pairs", ["x", "z", "at"], {"by": "y"}),
    ],
)
def test_every_picture_is_small_static_and_themed(ws, kind, columns, options):
    made = ws.explore.picture(frame(), kind, columns, **options)
    page = made.to_html(standalone=True)
    checker = parse(page)
    assert "script" not in checker.tags
    assert not [name for name, _ in checker.attributes if name.startswith("on")]
    assert len(page.encode()) < 40_000
    assert not re.search(r"#[0-9a-f]{6}", page.split("</style>")[-1])
    assert "<b>" not in page.split("</style>")[-1].replace("&lt;b&gt;", "")


def test_levels_are_counted_over_all_rows(ws):
    data = frame()
    text = parse(ws.explore.picture(data, "distribution", "level").to_html()).text
    assert "<b>" in text
    assert f"{(data.level == 'a').sum()}" in text


def test_what_a_picture_lacks_is_said(ws):
    for kind, columns in (
        ("trend", "x"),
        ("by_target", "x"),
        ("pairs", ["x"]),
        ("pairs", ["x", "level"]),
        ("pie", "x"),
    ):
        with pytest.raises(InvalidParameterError):
            ws.explore.picture(frame(), kind, columns)
    with pytest.raises(MlnbError, match="nope"):
        ws.explore.picture(frame(), "distribution", "nope")


def test_the_magic_chooses_the_picture_by_its_options(ws):
    magic = spec("plot")
    ws.catalog.create_table("main.default.t", frame())

    shell = SimpleNamespace(user_ns={"df": frame()})

    def drawn(line: str) -> str:
        return str(magic.run(MagicCall(ws, magic.make_parser().parse_args(line.split()), None, shell)))

    assert drawn("df x").startswith("x: distribution")
    assert drawn("main.default.t x --by y").startswith("x by y")
    assert drawn("df x --over at").startswith("x over at")
    assert drawn("df --pairs x,z").startswith("Pairs of x, z")
    assert "300 rows" not in drawn("df x --where y")
    with pytest.raises(UsageError):
        drawn("df")
    with pytest.raises(UsageError):
        drawn("df x --pairs x,z")
