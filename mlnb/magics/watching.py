"""What looks at each cell before and after it runs, put into a shell once and taken out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class Watcher(Protocol):
    """Called by IPython around each cell."""

    def before(self, info: Any, /) -> None:
        """Before it runs."""

    def after(self, result: Any, /) -> None:
        """When it has ended."""


Made = TypeVar("Made", bound=Watcher)


def watch(shell: InteractiveShell, attribute: str, make: Callable[[], Made]) -> Made | None:
    """Make a watcher and put it in; None when the shell has one under this attribute already."""
    if getattr(shell, attribute, None) is not None:
        return None
    watcher = make()
    shell.events.register("pre_run_cell", watcher.before)
    shell.events.register("post_run_cell", watcher.after)
    setattr(shell, attribute, watcher)
    return watcher


def unwatch(shell: InteractiveShell, attribute: str) -> Any:
    """Take a watcher out and return it; None when there is none."""
    watcher = getattr(shell, attribute, None)
    if watcher is not None:
        shell.events.unregister("pre_run_cell", watcher.before)
        shell.events.unregister("post_run_cell", watcher.after)
        setattr(shell, attribute, None)
    return watcher
