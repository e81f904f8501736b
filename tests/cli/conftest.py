"""Run commands in this process as the shell would: output, errors and exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from mlnb.cli.main import main


@dataclass
class Outcome:
    """What a command printed and how it left."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(ws: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run ``mlnb ARGUMENTS`` on the test's workspace."""

    def run(*arguments: str) -> Outcome:
        capsys.readouterr()
        try:
            main(list(arguments))
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run
