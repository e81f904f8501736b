"""A real IPython shell with the extension loaded, and a table to train on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def session_shell() -> Any:
    """IPython allows one shell per process."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.testing.globalipapp import start_ipython

    return start_ipython() or InteractiveShell.instance()


@pytest.fixture
def shell(session_shell: Any, ws: Any) -> Iterator[Any]:
    """The shell with the magics, and as clean as before afterwards."""
    session_shell.run_line_magic("load_ext", "mlnb")
    yield session_shell
    session_shell.run_line_magic("unload_ext", "mlnb")
    session_shell.reset(new_session=False)


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
