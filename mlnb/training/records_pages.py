"""Series and frames of many runs: what charts are drawn from."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mlnb.core.records import Record

from .records import PageColumn

Axis = Literal["step", "time", "relative_time"]


class Curve(Record):
    """A metric of one run over steps or time, thinned so that its extremes survive.

    Attributes
    ----------
    x
        Steps, milliseconds since the epoch, or milliseconds since the run's first value.
    total, nan
        How many values there are, and how many of them are no numbers.
    thinned
        Whether some are left out.
    """

    run_id: str
    metric: str
    x: list[float] = Field(default_factory=list)
    y: list[float] = Field(default_factory=list)
    total: int = 0
    nan: int = 0
    thinned: bool = False


class CurveList(Record):
    """Curves of several runs, by run and metric."""

    curves: list[Curve] = Field(default_factory=list)
    x: Axis = "step"

    def to_pandas(self) -> Any:
        """Return a data frame with a column for each run and metric, and steps or times as index."""
        import pandas as pd

        columns = {
            (curve.metric, curve.run_id): pd.Series(dict(zip(curve.x, curve.y, strict=True))) for curve in self.curves
        }
        return pd.DataFrame(columns).rename_axis(self.x)

    def __str__(self) -> str:
        return "\n".join(
            f"{curve.metric} of {curve.run_id[:8]}: {curve.total:,} values, the last {curve.y[-1]:.6g}" if curve.y
            else f"{curve.metric} of {curve.run_id[:8]}: no number"
            for curve in self.curves
        ) or "no values"  # fmt: skip

    __repr__ = __str__


class RunFrame(Record):
    """A few columns of all runs that a filter leaves, for a chart.

    Attributes
    ----------
    total
        How many runs there are; more than ``ids`` when ``sampled``: the best, the pinned and the wanted ones, and a fair part of the rest.
    """

    ids: list[str] = Field(default_factory=list)
    columns: list[PageColumn] = Field(default_factory=list)
    total: int = 0
    sampled: bool = False
    as_of: int = 0


class FilterCheck(Record):
    """Whether a filter can be read; if not, why, and from which to which character, counted in code points from 0."""

    ok: bool
    message: str | None = None
    hint: str | None = None
    position: int | None = None
    end: int | None = None
