"""What exploration draws beside a profile: single pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Base

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .page.pictures import Picture


class Producing(Base):
    """Pictures of data."""

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
        from .page.pictures import Picture, draw
        from .reading.sources import open_source

        opened = open_source(data, self._catalog, self._scopes, root=self._ground.root, where=where)
        names = [columns] if isinstance(columns, str) else list(columns)
        drawn = draw(Rows(opened.frame(), seconds=self.settings.drill_seconds), kind, names, by=by, over=over)
        held = opened.holdout.note if opened.holdout is not None else ""
        return Picture(drawn.title, drawn.body, " · ".join(text for text in (drawn.note, held) if text))
