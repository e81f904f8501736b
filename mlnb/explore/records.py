"""A profile: what a table holds, what is wrong with it and what predicts the target. Its parts are in ``records_columns`` and ``records_parts``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from mlnb.core.errors import InvalidParameterError, NotFoundError, did_you_mean
from mlnb.core.records import Record
from mlnb.scope.holdout_records import HoldoutNote

from .records_columns import (
    SEVERITIES,
    Association,
    Basis,
    ColumnProfile,
    Extreme,
    Histogram,
    Item,
    Kind,
    Outliers,
    Severity,
    ShapeBin,
    Source,
)
from .records_parts import (
    ColumnDrift,
    Condition,
    Correlation,
    Correlations,
    CurvePoint,
    DuplicateExample,
    Duplicates,
    Finding,
    Gap,
    Leakage,
    LearningCurve,
    MissingGroup,
    MissingPattern,
    MissingTogether,
    Period,
    Slice,
    Target,
    Timeline,
    Timing,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

__all__ = [
    "SEVERITIES",
    "Association",
    "Basis",
    "ColumnDrift",
    "ColumnNotFoundError",
    "ColumnProfile",
    "Condition",
    "Correlation",
    "Correlations",
    "CurvePoint",
    "DataNotFoundError",
    "DuplicateExample",
    "Duplicates",
    "Extreme",
    "Finding",
    "Gap",
    "Histogram",
    "HoldoutNote",
    "Item",
    "Kind",
    "Leakage",
    "LearningCurve",
    "MissingGroup",
    "MissingPattern",
    "MissingTogether",
    "Outliers",
    "Period",
    "Profile",
    "Severity",
    "ShapeBin",
    "Slice",
    "Source",
    "Target",
    "Timeline",
    "Timing",
]


class DataNotFoundError(NotFoundError):
    """What was to be explored is neither a variable, a table nor a file."""

    code = "DATA_NOT_FOUND"


class ColumnNotFoundError(InvalidParameterError):
    """A column that the data does not have."""

    code = "UNRESOLVED_COLUMN"

    @classmethod
    def for_name(cls, name: str, columns: list[str], what: str = "column") -> ColumnNotFoundError:
        """Build the error with the nearest existing names as hint."""
        hint = (
            did_you_mean(name, columns) or f"Its columns: {', '.join(columns[:20])}{' …' if len(columns) > 20 else ''}."
        )
        return cls(f"The {what} {name!r} does not exist.", hint=hint)


class Profile(Record):
    """What a table holds, what is wrong with it and what predicts the target.

    Attributes
    ----------
    complete
        False for a first page from a sample, and where the scan was stopped.
    sample_rows
        Rows on which associations, correlations and slices rest.
    missing_cells, duplicate_rows
        Counts over all rows and columns; ``duplicate_rows`` are the rows that could be dropped (as ``duplicates.rows``).
    notes
        What a reader must know of how it was made: a limit that applied, columns that were left out.
    options_sha
        Tells apart profiles of one source by what was asked for.
    """

    id: str
    source: Source
    rows: int
    columns: list[ColumnProfile]
    complete: bool = True
    target: Target | None = None
    time_column: str | None = None
    group: str | None = None
    scope: str | None = None
    correlations: Correlations = Field(default_factory=Correlations)
    missing_together: MissingTogether | None = None
    timeline: Timeline | None = None
    slices: list[Slice] = Field(default_factory=list)
    learning_curve: LearningCurve | None = None
    findings: list[Finding] = Field(default_factory=list)
    missing_cells: int = 0
    duplicates: Duplicates | None = None
    duplicate_rows: int | None = None
    memory_bytes: int = 0
    sample_rows: int = 0
    holdout: HoldoutNote | None = None
    notes: list[str] = Field(default_factory=list)
    options_sha: str = ""
    created_at: int
    timing: Timing

    def column(self, name: str) -> ColumnProfile:
        """Return one column.

        Raises
        ------
        ColumnNotFoundError
            With the nearest names.
        """
        for column in self.columns:
            if column.column_name == name:
                return column
        raise ColumnNotFoundError.for_name(name, [column.column_name for column in self.columns])

    @property
    def ranking(self) -> list[ColumnProfile]:
        """Columns by what they predict of the target alone, best first."""
        known = [column for column in self.columns if column.association is not None]
        return sorted(known, key=lambda column: -(column.association.value if column.association else 0.0))

    def figure(self, kind: str, column: str | None = None) -> Figure:
        """Return a plotly figure: ``distribution`` or ``by_target`` of a column, ``trend``, ``pairs``."""
        from .page.figures import figure

        return figure(self, kind, column)

    def to_html(self, *, standalone: bool = False, max_kb: int = 100) -> str:
        """Return the page: a fragment for a cell, or with ``standalone`` a whole document."""
        from .page.profile import render_page

        return render_page(self.to_dict(), standalone=standalone, max_kb=max_kb)

    def to_text(self, width: int = 100) -> str:
        """Return the page as text for a terminal of ``width`` characters."""
        from .page.text import render_text

        return render_text(self, width)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per column of the data, with the plain figures."""
        import pandas as pd

        nested = ("quantiles", "histogram", "frequent_items", "outliers", "association", "basis")
        rows = []
        for column in self.columns:
            row = column.model_dump(exclude=set(nested))
            row["association"] = column.association.value if column.association else None
            rows.append(row)
        return pd.DataFrame(rows).set_index("column_name") if rows else pd.DataFrame()

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()
