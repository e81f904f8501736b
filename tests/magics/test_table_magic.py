"""``%table`` shows a table as it is, or as it was."""

from __future__ import annotations

from typing import Any

import pytest

from mlnb.core.errors import MlnbError
from mlnb.display import html_of
from mlnb.magics import spec
from mlnb.magics.base import MagicCall


def test_a_table_is_shown_now_and_at_a_version(ws: Any) -> None:
    ws.catalog.create_table("main.default.t", {"id": [1]}, comment="few rows")
    ws.catalog.append("main.default.t", {"id": [2]})
    magic = spec("table")

    def shown(*arguments: str) -> Any:
        return magic.run(MagicCall(ws, magic.make_parser().parse_args(list(arguments)), None, None))

    assert "few rows" in (html_of(shown("t")) or "")
    assert shown("main.default.t", "--version", "0").count() == 1
    with pytest.raises(MlnbError, match="no table"):
        shown("main.default.nope")
