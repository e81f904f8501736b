"""A real IPython shell with the extension loaded, on a fresh workspace."""

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
    """The shell with the magics, and as clean as before afterwards."""
    with with_magics(session_shell):
        yield session_shell
