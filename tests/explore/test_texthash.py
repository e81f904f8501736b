"""Hashes of text: equal for equal texts wherever they stand, different for different ones."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnb.explore.scanning.sketch import HashArray, sketch_of
from mlnb.explore.scanning.strings import EngineHashes
from mlnb.explore.scanning.texthash import MISSING, text_hashes, text_lengths

TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=40), st.text("aß", min_size=250, max_size=260)), max_size=40)


def hashes(array: pa.Array) -> HashArray:
    return EngineHashes().of({"text": array})["text"]


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(0, 40))
def test_a_hash_follows_from_the_text_alone(texts: list[str | None], start: int) -> None:
    found = hashes(pa.array(texts, pa.string()))

    assert np.array_equal(found, hashes(pa.array(texts, pa.large_string())))
    assert np.array_equal(found[start:], hashes(pa.array(texts, pa.string()).slice(start)))
    assert np.array_equal(found[::-1], hashes(pa.array(texts[::-1], pa.string())))
    assert len(set(found.tolist())) == len(set(texts))
    assert [value == MISSING for value in found] == [text is None for text in texts]


@pytest.mark.parametrize("size", [2, 7, 8, 9, 16, 255, 256, 257, 1000])
def test_texts_that_differ_in_one_letter_or_in_empty_ones_at_the_end_differ(size: int) -> None:
    texts = ["a" * size, "a" * (size - 1) + "b", "b" + "a" * (size - 1), "a" * (size - 1) + "\0"]
    texts += ["a" * (size - 1), "a" * size + "\0", "\0" * size]

    assert len(set(hashes(pa.array(texts)).tolist())) == len(texts)


def test_bytes_under_missing_values_do_not_count() -> None:
    offsets, valid = np.array([0, 1, 3, 4], np.int32), np.array([0b101], np.uint8)
    array = pa.StringArray.from_buffers(3, pa.py_buffer(offsets), pa.py_buffer(b"axyb"), pa.py_buffer(valid), 1)

    assert np.array_equal(hashes(array), hashes(pa.array(["a", None, "b"])))


def test_distinct_texts_are_estimated_within_the_stated_error() -> None:
    found = sketch_of(text_hashes(pa.array([f"user-{number}" for number in range(300_000)]), hashes))

    assert abs(found.estimate / 300_000 - 1) < 4 * found.error


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=30), st.integers(0, 30))
def test_lengths_are_letters_and_not_bytes(texts: list[str], start: int) -> None:
    assert text_lengths(pa.array(texts, pa.string()).slice(start)).tolist() == [len(text) for text in texts[start:]]
