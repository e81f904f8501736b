"""What does not fit is said in plain words."""

from __future__ import annotations

import pytest

from mlnb.catalog.ingest.words import plain


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            'Error when converting column "amount". Could not convert string "twelve" to \'DOUBLE\'',
            "'twelve' is no number",
        ),
        (
            'Error when converting column "a". Could not convert\n string "31/02/2026" to \'DATE\'',
            "'31/02/2026' is no date",
        ),
        ("Expected Number of Columns: 6 Found: 7", "7 values where 6 are expected"),
        ("Value with  unterminated quote found.", "Value with unterminated quote found."),
    ],
)
def test_messages_of_the_reader_become_plain(message: str, said: str) -> None:
    assert plain(message) == said
