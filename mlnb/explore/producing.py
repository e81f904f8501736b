"""What exploration writes beside a profile: single pictures and notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Base

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .pictures import Picture
    from .records import Profile


class Producing(Base):
    """Pictures and notebooks of data."""

    def picture(
        self,
        data: Any,
        kind: str,
        columns: str | Sequence[str] = (),
        *,
        by: str | None = None,
        over: str | None = None,
        where: str | None = None,
    ) -> Picture:
        """Draw one static picture; rows that are held out are not in it.

        Parameters
        ----------
        data
            As for `profile`.
        kind
            ``distribution``, ``by_target`` (with ``by``), ``trend`` (with ``over``) or ``pairs`` (two to five columns).
        columns
            The column, or the columns of pairs.
        by, over
            What tells groups apart; the column of time.
        where
            An SQL condition that the rows satisfy.
        """
        from .asking.rows import Rows
        from .pictures import Picture, draw
        from .sources import open_source

        opened = open_source(data, self._catalog, self._scopes, root=self._ground.root, where=where)
        names = [columns] if isinstance(columns, str) else list(columns)
        drawn = draw(Rows(opened.frame(), seconds=self.settings.drill_seconds), kind, names, by=by, over=over)
        held = opened.holdout.note if opened.holdout is not None else ""
        return Picture(drawn.title, drawn.body, " · ".join(text for text in (drawn.note, held) if text))

    def notebook(
        self,
        data: Any,
        path: str | Path,
        *,
        target: str | None = None,
        time_column: str | None = None,
        profile: Profile | None = None,
        load_cell: str | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write a readable notebook of the first look at data: plain pandas and matplotlib, findings in words.

        Parameters
        ----------
        data
            A table's name, a query, a path, or a frame (then ``load_cell`` says how it is read).
        profile
            One that is made already; else it is made here.
        load_cell
            Python code that puts the frame into ``df``.
        overwrite
            Whether a file of that name may be replaced.
        """
        from .notebook.writing import write

        made = profile or self.profile(data, target=target, time_column=time_column)  # type: ignore[attr-defined]
        return write(self, data, made, path, load_cell=load_cell, overwrite=overwrite)
