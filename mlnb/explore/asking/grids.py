"""``ws.explore.grids``: frames shown as grids in cells, and the questions that are asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.records import Record

from .kept import Frames
from .rows import SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlnb.explore.questions import Drill, DrillResult, GridBlock, GridQuery

    from .rows import Rows


class GridInfo(Record):
    """A frame that is shown: its name, size, columns with the platform's types, and the rows that can be scrolled to."""

    id: str
    name: str | None = None
    rows: int
    columns: list[str]
    types: list[str]
    shown: int


class Grids:
    """Keeps the frames of the last grids, and answers for them.

    Parameters
    ----------
    seconds
        Limit of one question.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._frames = Frames(seconds=seconds)

    def keep(self, frame: Any, name: str | None = None, *, id: str | None = None) -> str:
        """Keep a frame as it is now and return its id; the last few are kept."""
        return self._frames.keep(id, frame, name=name)

    def has(self, id: str) -> bool:
        """Say whether a frame is kept under this id."""
        return self._frames.has(id)

    def rows(self, id: str) -> Rows:
        """Return the rows of a grid.

        Raises
        ------
        FrameNotFoundError
            When they are not kept any more.
        """
        return self._frames.get(id)

    def get(self, id: str) -> GridInfo:
        """Describe a grid."""
        from mlnb.explore.asking.grid import LAST_ROW

        rows = self.rows(id)
        return GridInfo(
            id=id,
            name=rows.name,
            rows=rows.count,
            columns=rows.names,
            types=rows.types,
            shown=min(rows.count, LAST_ROW),
        )

    def block(self, id: str, query: GridQuery) -> GridBlock:
        """Return rows of a grid."""
        from mlnb.explore.asking.grid import block

        return block(self.rows(id), query)

    def drill(self, id: str, question: Drill) -> DrillResult:
        """Answer a question about the rows of a grid: what its chart builder draws."""
        from mlnb.explore.asking.drill import drill

        return drill(self.rows(id), question)

    def download(self, id: str, query: GridQuery, format: Literal["csv", "parquet"] = "csv") -> Iterator[bytes]:
        """Return all rows of a query as a file, piece by piece."""
        from mlnb.explore.asking.grid import download

        return download(self.rows(id), query, format)


_here = Grids()


def here() -> Grids:
    """Return the grids of this process: frames are shown before any workspace is open, and by each the same."""
    return _here
