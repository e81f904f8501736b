"""Tables for people, JSON for programs."""

from __future__ import annotations

import json

import pytest

from mlnb.cli.output import emit
from mlnb.core.records import Record


class Row(Record):
    name: str
    score: float | None = None
    created_at: int = 0


def test_rows_align_and_long_or_many_lined_values_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    emit([Row(name="a", score=0.123456789), Row(name="b\n" + "x" * 100)], columns=("name", "score"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "score"]
    assert lines[2].split() == ["a", "0.123457"]
    assert lines[3].endswith("…")
    assert len(lines) == 4


def test_times_are_shown_as_dates_and_kept_as_numbers_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    emit([Row(name="a", created_at=1_735_732_800_000)])
    shown = capsys.readouterr().out
    assert "2025-01-01" in shown or "2024-12-31" in shown  # local time
    emit([Row(name="a", created_at=1_735_732_800_000)], True)
    assert json.loads(capsys.readouterr().out) == [{"name": "a", "created_at": 1_735_732_800_000}]


def test_one_record_is_pairs_or_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    emit(Row(name="a"))
    assert capsys.readouterr().out.splitlines()[0].split() == ["name", "a"]
    emit({"name": "ñ"}, True)
    assert json.loads(capsys.readouterr().out) == {"name": "ñ"}


def test_an_empty_list_says_so_and_is_an_empty_array(capsys: pytest.CaptureFixture[str]) -> None:
    emit([], empty="No models yet.")
    assert capsys.readouterr().out == "No models yet.\n"
    emit([], True)
    assert json.loads(capsys.readouterr().out) == []
