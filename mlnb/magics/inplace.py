"""A result that replaces its own first version in the cell, with a line below it that says how far the work is.

The result is the cell's value all the same (``p = %eda df``, ``_``): IPython is only told not to show it a second time.
"""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

#: Seconds after which the line appears, and between two changes of it.
_PATIENCE_S = 1.0
_PERIOD_S = 0.3
#: Seconds that a stopped report is waited for.
_STOPPING_S = 10.0


class InPlace:
    """What one cell shows while it works.

    Parameters
    ----------
    shell
        The shell; a terminal gets the final result only, because it cannot take anything back.
    quiet
        Show nothing at all.
    """

    def __init__(self, shell: InteractiveShell, *, quiet: bool = False) -> None:
        self._shell = shell
        self._live = hasattr(shell, "kernel") and not quiet
        self._quiet = quiet
        self._page: Any = None
        self._line: Any = None
        self._began = self._told = time.monotonic()

    @property
    def is_live(self) -> bool:
        """Whether anything is shown before the result."""
        return self._live

    def page(self, made: Any) -> None:
        """Show a first version."""
        if not self._live:
            return
        from IPython.display import DisplayHandle

        self.clear()
        if self._page is None:
            # The handle first: an interrupt while the page is on its way must find where it went.
            self._page = DisplayHandle()  # type: ignore[no-untyped-call]
            self._page.display(made)
        else:
            self._page.update(made)

    def progress(self, share: float | None, text: str) -> None:
        """Say how far the work is, once it takes longer than people like to wait."""
        now = time.monotonic()
        if not self._live or now - self._began < _PATIENCE_S or now - self._told < _PERIOD_S:
            return
        self._told = now
        from IPython.display import HTML, display

        from mlnb.display.catalog import progress_html

        hint = " · interrupt keeps the page above" if self._page is not None else ""
        done, total = (share, 1.0) if share is not None else (0.0, 0.0)
        shown = HTML(progress_html(done, total, f"{text}{hint}"))  # type: ignore[no-untyped-call]
        if self._line is None:
            self._line = display(shown, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._line.update(shown)

    def clear(self) -> None:
        """Empty the line."""
        if self._line is not None:
            from IPython.display import HTML

            self._line.update(HTML(""))  # type: ignore[no-untyped-call]
            self._line, self._began = None, time.monotonic()

    def finish(self, made: Any) -> Any:
        """Show the result in the place of its first version, and return it as the cell's value."""
        self.clear()
        if self._page is not None:
            self._page.update(made)
        if self._page is not None or self._quiet:
            not_again(self._shell, made)
        return made


class Waiting:
    """A line that comes by itself when something takes long which cannot say how far it is, and goes when it is over.

    Parameters
    ----------
    shell
        A terminal gets none, because it cannot take anything back.
    text
        What is being done.
    quiet
        Show nothing at all.
    """

    def __init__(self, shell: InteractiveShell, text: str, *, quiet: bool = False) -> None:
        self._place = InPlace(shell, quiet=quiet)
        self._text, self._lock, self._over = text, threading.Lock(), threading.Event()

    def __enter__(self) -> Waiting:
        if self._place.is_live:
            threading.Thread(target=self._tell, name="mlnb-waiting", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Take the line away; it does not come back."""
        self._over.set()
        with self._lock:
            self._place.clear()

    def _tell(self) -> None:
        began = time.monotonic()
        while not self._over.wait(_PATIENCE_S):
            with self._lock:
                if not self._over.is_set():
                    self._place.progress(None, f"{self._text} · {time.monotonic() - began:.0f} s")


def not_again(shell: InteractiveShell, made: Any) -> None:
    """Let IPython not show an object when it becomes the value of the cell that runs; later it is shown as always."""
    if shell.display_formatter is None:
        return
    formatter: Any = shell.display_formatter.ipython_display_formatter

    def shown_already(value: Any) -> None:
        if value is not made:
            raise NotImplementedError  # what IPython takes for: not mine

    before = formatter.for_type(type(made), shown_already)

    def restore(*_: Any) -> None:
        shell.events.unregister("post_run_cell", restore)
        if before is not None:
            formatter.for_type(type(made), before)
        else:
            formatter.pop(type(made), None)

    shell.events.register("post_run_cell", restore)


def follow(shell: InteractiveShell, handle: Any, *, quiet: bool = False) -> None:
    """Show how far a full report is until it ends; an interrupt stops it."""
    place = InPlace(shell, quiet=quiet)
    try:
        while handle.state in ("RUNNING", "STOPPING"):
            place.progress(handle.progress or None, f"full report: {handle.message}")
            handle.wait(_PERIOD_S)
    except KeyboardInterrupt:
        handle.stop()
        handle.wait(_STOPPING_S)
    place.clear()
    if quiet:
        return
    said = f"Full report: {handle.path}"
    if handle.state != "SUCCEEDED":
        said = f"Full report: {handle.state.lower()}. {handle.message}".rstrip()
    sys.stdout.write(f"{said}\n")
