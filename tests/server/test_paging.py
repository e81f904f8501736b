"""Page tokens find their position again, and only with the filter they were made for."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlnb.core.errors import MlnbError
from mlnb.server.paging import DEFAULT_PAGE, MAX_PAGE, decode_token, encode_token, page_size

positions = st.lists(st.one_of(st.text(max_size=20), st.integers(-(2**53), 2**53)), max_size=4)
filters = st.dictionaries(st.sampled_from(["parent", "filter"]), st.text(max_size=8))


@given(position=positions, chosen=filters)
def test_a_token_returns_to_its_position(position: list[object], chosen: dict[str, str]) -> None:
    assert decode_token(encode_token(position, chosen), chosen) == position


@given(position=positions, made=filters, used=filters)
def test_a_token_of_another_query_is_refused(
    position: list[object], made: dict[str, str], used: dict[str, str]
) -> None:
    assume(made != used)
    with pytest.raises(MlnbError, match="page token"):
        decode_token(encode_token(position, made), used)


@given(token=st.one_of(st.text(min_size=1, max_size=40), st.binary(min_size=1).map(lambda raw: raw.hex())))
def test_a_damaged_token_is_refused(token: str) -> None:
    with pytest.raises(MlnbError, match="page token"):
        decode_token(token, {})


@given(position=positions, at=st.integers(0, 200), char=st.sampled_from("abcXYZ019-_"))
def test_a_changed_character_is_noticed(position: list[object], at: int, char: str) -> None:
    token = encode_token(position)
    at %= len(token)
    changed = token[:at] + char + token[at + 1 :]
    assume(changed != token)
    with pytest.raises(MlnbError):
        decode_token(changed)


def test_no_token_is_the_first_page_and_no_size_the_default() -> None:
    assert decode_token(None) is None
    assert decode_token("") is None
    assert page_size(None) == page_size(0) == DEFAULT_PAGE
    assert page_size(10**9) == MAX_PAGE
    with pytest.raises(MlnbError):
        page_size(-1)
