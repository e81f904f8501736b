"""Runs side by side."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mlnb.core.records import Record

from .records_diff import RunHead


class CompareRow(Record):
    """A parameter, metric, tag or attribute: a value for each run, None where it has none."""

    key: str
    values: list[Any]
    differs: bool


class RunComparison(Record):
    """Up to 100 runs as columns."""

    runs: list[RunHead]
    params: list[CompareRow] = Field(default_factory=list)
    metrics: list[CompareRow] = Field(default_factory=list)
    tags: list[CompareRow] = Field(default_factory=list)
    attributes: list[CompareRow] = Field(default_factory=list)

    def to_pandas(self, *, differences: bool = True) -> Any:
        """Return a data frame with a column for each run; only what differs unless ``differences`` is False."""
        import pandas as pd

        rows = [
            (f"{area}.{row.key}", row.values)
            for area in ("attributes", "params", "metrics", "tags")
            for row in getattr(self, area)
            if row.differs or not differences
        ]
        return pd.DataFrame(
            [values for _, values in rows], index=[key for key, _ in rows], columns=[run.name for run in self.runs]
        )

    def __str__(self) -> str:
        return str(self.to_pandas().to_string())

    __repr__ = __str__
