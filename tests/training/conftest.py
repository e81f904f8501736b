"""A real IPython shell with the extension loaded, and a table to train on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.shells import the_shell, with_magics


@pytest.fixture(autouse=True)
def git_has_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run gives git two seconds, in which a busy machine may do nothing else."""
    monkeypatch.setattr("mlnb.training.recording.repository.LIMIT_S", 60.0)


@pytest.fixture(scope="session")
def session_shell() -> Any:
    """The shell of the process."""
    return the_shell()


@pytest.fixture
def shell(session_shell: Any, ws: Any) -> Iterator[Any]:
    """The shell with the magics, and as clean as before afterwards."""
    with with_magics(session_shell):
        yield session_shell


@pytest.fixture
def cell(shell: Any) -> Callable[[str], Any]:
    """Run a cell; returns IPython's result, with ``.error_in_exec``."""
    return lambda source: shell.run_cell(source, store_history=True)


@pytest.fixture
def frame() -> Any:
    """Rows in which ``late`` follows ``delay``."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    made = pd.DataFrame(
        {
            "delay": rng.normal(size=400),
            "distance": rng.uniform(100, 2000, size=400),
            "carrier": rng.choice(["AA", "B6", "UA"], size=400),
        }
    )
    return made.assign(late=made["delay"] + rng.normal(size=400) > 0)


@pytest.fixture
def table(ws: Any, frame: Any) -> str:
    """The rows as a table of the catalog."""
    ws.catalog.create_schema("main.ml", if_not_exists=True)
    ws.catalog.create_table("main.ml.flights", frame)
    return "main.ml.flights"
