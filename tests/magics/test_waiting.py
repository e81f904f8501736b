"""A line that says something is going on, when it takes longer than people like to wait."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from mlnb.magics import inplace
from tests.waiting import until


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the line said, in order; an empty text when it was taken away."""
    said: list[str] = []

    class Line:
        def update(self, made: Any) -> None:
            said.append(made.data)

    def display(made: Any, **_: Any) -> Line:
        said.append(made.data)
        return Line()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(inplace, "_PATIENCE_S", 0.05)
    monkeypatch.setattr(inplace, "_PERIOD_S", 0.0)
    return said


IN_JUPYTER: Any = SimpleNamespace(kernel=object())


def test_it_comes_by_itself_and_goes_when_it_is_over_also_by_an_error(shown: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), inplace.Waiting(IN_JUPYTER, "counting sheep"):
        until(lambda: len(shown) >= 2)
        _ = 1 / 0
    assert all("counting sheep" in text for text in shown[:-1])
    assert shown[-1] == ""
    told = len(shown)
    time.sleep(0.2)
    assert len(shown) == told


def test_what_is_quick_quiet_or_in_a_terminal_shows_nothing(shown: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patient:
        patient.setattr(inplace, "_PATIENCE_S", 60.0)  # quick is what ends before, also on a busy machine
        with inplace.Waiting(IN_JUPYTER, "quick"):
            pass
    for shell, quiet in ((IN_JUPYTER, True), (SimpleNamespace(), False)):
        with inplace.Waiting(shell, "unseen", quiet=quiet):
            time.sleep(0.2)
    assert shown == []


def test_the_line_can_go_before_the_work_is_over(shown: list[str]) -> None:
    with inplace.Waiting(IN_JUPYTER, "beginning") as line:
        until(lambda: shown)
        line.end()
        told = len(shown)
        time.sleep(0.2)
    assert shown[-1] == ""
    assert len(shown) == told
