"""A kernel's shell without a kernel: what outputs are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.shells import the_shell, with_magics


@pytest.fixture(scope="session")
def session_shell() -> Any:
    """The shell of the process."""
    return the_shell()


@pytest.fixture
def shell(session_shell: Any, ws: Any) -> Iterator[Any]:
    """The shell with the extension, and as clean as before afterwards."""
    formatter = session_shell.display_formatter
    before = formatter.active_types
    formatter.active_types = formatter.format_types  # as in a kernel; a terminal shows texts only
    with with_magics(session_shell):
        yield session_shell
        formatter.active_types = before
