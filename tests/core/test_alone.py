"""Folders that are made by one process, whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mlnb.core.alone import COMPLETE, alone, lock_of, make_once
from tests.waiting import until

_MAKER = """
import sys, time
from pathlib import Path
from mlnb.core.alone import make_once

folder = Path(sys.argv[1])

def make():
    folder.mkdir()
    (folder / "half").touch()
    time.sleep(600)

make_once(folder, make)
"""


def test_what_was_made_is_not_made_again(tmp_path: Path) -> None:
    folder, made = tmp_path / "deep" / "thing", []

    def make() -> None:
        folder.mkdir()
        made.append(1)

    make_once(folder, make)
    make_once(folder, make)
    assert made == [1]
    assert (folder / COMPLETE).exists()


def test_a_maker_that_fails_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "thing"

    def make() -> None:
        folder.mkdir()
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        make_once(folder, make)
    assert not folder.exists()


def test_a_maker_that_is_killed_is_waited_for_and_then_followed(tmp_path: Path) -> None:
    folder = tmp_path / "thing"
    maker = subprocess.Popen([sys.executable, "-c", textwrap.dedent(_MAKER), str(folder)])
    until((folder / "half").exists, 60)
    waited: list[int] = []

    def wait() -> None:
        waited.append(1)
        os.kill(maker.pid, signal.SIGKILL)

    make_once(folder, folder.mkdir, wait)
    maker.wait(60)
    assert waited
    assert [path.name for path in folder.iterdir()] == [COMPLETE]


def test_waiting_is_given_up_when_the_waiter_says_so(tmp_path: Path) -> None:
    def give_up() -> None:
        raise TimeoutError("not today")

    path = lock_of(tmp_path / "thing")
    with alone(path), pytest.raises(TimeoutError, match="not today"), alone(path, give_up):
        pass
