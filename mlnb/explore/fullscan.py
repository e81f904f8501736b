"""The scan of all rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .records import Duplicates

if TYPE_CHECKING:
    import threading

    from .engine import Options
    from .look import Look
    from .readers import Data
    from .scan import Scanned


class Stopped(Exception):
    """Somebody asked the scan to end."""


@dataclass
class Full:
    """Figures of all rows: one per column of the look, and repeated rows."""

    columns: list[Scanned] = field(default_factory=list)
    duplicates: Duplicates | None = None


def scan_all(
    data: Data,
    look: Look,
    options: Options,
    tell: Callable[[float | None, str], None],
    stop: threading.Event | None = None,
) -> Full:
    """Read every row once more and return exact figures.

    Raises
    ------
    Stopped
        When ``stop`` is set meanwhile.
    """
    from .duplicates import count_duplicates
    from .scan import scan_column

    full = Full()
    names = data.schema.names
    for position, name in enumerate(names):
        if stop is not None and stop.is_set():
            raise Stopped
        tell(position / len(names), "reading all rows")
        exact = scan_column(name, data.to_arrow([name])[name])
        exact.profile.association = look.columns[name].profile.association
        if exact.profile.association is not None:
            exact.profile.basis["association"] = "sample"
        full.columns.append(exact)
    rows = count_duplicates(data.to_arrow())
    full.duplicates = None if rows is None else Duplicates(rows=rows, share=rows / data.rows if data.rows else 0.0)
    return full
