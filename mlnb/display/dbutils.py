"""``dbutils``: what notebooks of the platform call on it and this workspace has."""

from __future__ import annotations

from typing import Any


class DataUtils:
    """``dbutils.data``."""

    def summarize(self, df: Any, precise: bool = False) -> None:
        """Show the statistics of a data frame or a table.

        Parameters
        ----------
        df
            A data frame of any library, or the name of a table.
        precise
            Whether distinct values, quantiles and frequent values are exact too, which takes longer.
        """
        from IPython.display import display

        from mlnb.magics.base import current_workspace

        display(current_workspace().explore.summarize(df, precise=precise))  # type: ignore[no-untyped-call]

    def help(self) -> str:
        """Return what there is."""
        return "dbutils.data.summarize(df, precise=False) shows statistics of a data frame or a table."


class DBUtils:
    """The utilities that this workspace provides."""

    def __init__(self) -> None:
        self.data = DataUtils()

    def help(self) -> str:
        """Return what there is."""
        return self.data.help()

    def __repr__(self) -> str:
        return self.help()
