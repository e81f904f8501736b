"""What is said of two tables, versions or splits laid side by side."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlnb.core.records import Record
from mlnb.scope.holdout_records import HoldoutNote

from .records_columns import Kind, Source
from .records_parts import Finding, Timing


class ColumnDifference(Record):
    """How a column differs between two sides; figures that its kind does not have are None.

    Attributes
    ----------
    verdict
        ``same``, ``differs`` (an effect that is also significant), or ``unknown`` (too few rows).
    words
        The verdict as a sentence.
    follows_time
        It only says when a row happened: it is the time, or a unit of the calendar.
    left, right
        Shares per bin or level on both sides, for the picture, with their labels.
    """

    column: str
    kind: Kind
    psi: float | None = None
    js: float | None = None
    ks: float | None = None
    wasserstein: float | None = None
    tv: float | None = None
    chi2: float | None = None
    p_adjusted: float | None = None
    delta_null: float | None = None
    delta_avg: float | None = None
    verdict: Literal["same", "differs", "unknown"] = "same"
    words: str = ""
    follows_time: bool = False
    labels: list[str] = Field(default_factory=list)
    left: list[float] = Field(default_factory=list)
    right: list[float] = Field(default_factory=list)


class SchemaDifference(Record):
    """Columns that only one side has, and those of another type: ``[name, left type, right type]``."""

    added: list[str] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    retyped: list[tuple[str, str, str]] = Field(default_factory=list)


class Overlap(Record):
    """What both sides share: identical rows, values of the group column, a stretch of time."""

    rows: int | None = None
    share: float | None = None
    groups: int | None = None
    groups_total: int | None = None
    time_start: str | None = None
    time_end: str | None = None


class Separability(Record):
    """How well a classifier tells the sides apart (AUC out of fold, 0.5 = not at all), and by which columns: ``[name, importance]``."""

    auc: float
    lower: float
    upper: float
    top: list[tuple[str, float]] = Field(default_factory=list)


class Side(Record):
    """One side of a comparison."""

    name: str
    source: Source
    rows: int
    sample_rows: int
    holdout: HoldoutNote | None = None


class Comparison(Record):
    """Two tables, versions or splits laid side by side; columns ranked by how much they differ.

    Attributes
    ----------
    words
        The whole in one sentence: how many columns differ, and whether the sides can be told apart.
    """

    id: str
    left: Side
    right: Side
    target: str | None = None
    words: str = ""
    columns: list[ColumnDifference]
    schema_: SchemaDifference = Field(default_factory=SchemaDifference, alias="schema")
    overlap: Overlap = Field(default_factory=Overlap)
    separability: Separability | None = None
    findings: list[Finding] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    created_at: int
    timing: Timing

    def to_html(self, *, standalone: bool = False, max_kb: int = 100) -> str:
        """Return the page: a fragment for a cell, or with ``standalone`` a whole document."""
        from .page.comparison import render_comparison

        return render_comparison(self.to_dict(), standalone=standalone, max_kb=max_kb)

    def to_text(self, width: int = 100) -> str:
        """Return the page as text for a terminal of ``width`` characters."""
        from .page.text import render_comparison_text

        return render_comparison_text(self, width)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()
