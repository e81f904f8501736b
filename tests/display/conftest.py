"""A kernel's shell without a kernel: what outputs are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.testing.globalipapp import start_ipython


@pytest.fixture(scope="session")
def session_shell() -> Any:
    """IPython allows one shell per process."""
    return start_ipython() or InteractiveShell.instance()


@pytest.fixture
def shell(session_shell: Any, ws: Any) -> Iterator[Any]:
    """The shell with the extension, and as clean as before afterwards."""
    formatter = session_shell.display_formatter
    before = formatter.active_types
    formatter.active_types = formatter.format_types  # as in a kernel; a terminal shows texts only
    session_shell.run_line_magic("load_ext", "mlnb")
    yield session_shell
    formatter.active_types = before
    session_shell.run_line_magic("unload_ext", "mlnb")
    session_shell.reset(new_session=False)
