"""A real IPython shell with the extension loaded, on a fresh workspace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.testing.globalipapp import start_ipython

import mlnb


@pytest.fixture(scope="session")
def session_shell() -> Any:
    """IPython allows one shell per process."""
    return start_ipython() or InteractiveShell.instance()


@pytest.fixture
def shell(session_shell: Any, ws: Any) -> Iterator[Any]:
    """The shell with the magics, and as clean as before afterwards."""
    session_shell.run_line_magic("load_ext", "mlnb")
    yield session_shell
    session_shell.run_line_magic("unload_ext", "mlnb")
    session_shell.reset(new_session=False)
    assert mlnb
