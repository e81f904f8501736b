"""The IPython shell of a test process, as a kernel has one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from IPython.core.interactiveshell import InteractiveShell
from IPython.testing.globalipapp import start_ipython


def the_shell() -> Any:
    """Return the shell; IPython allows one per process."""
    return start_ipython() or InteractiveShell.instance()


@contextmanager
def with_magics(shell: Any) -> Iterator[Any]:
    """Load the extension, and leave the shell as clean as before."""
    shell.run_line_magic("load_ext", "mlnb")
    try:
        yield shell
    finally:
        shell.run_line_magic("unload_ext", "mlnb")
        clean(shell)


def clean(shell: Any) -> None:
    """Take away what cells left behind."""
    with mock.patch("gc.collect"):  # a look at all that is loaded, MLflow too: half a second after every test
        shell.reset(new_session=False)
