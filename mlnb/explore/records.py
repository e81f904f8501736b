"""What a profile says: plain records, free of HTML and of data-frame types.

Column figures have the names of the monitor's profile table, so a profile and a monitor row can be laid side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlnb.core.errors import InvalidParameterError, NotFoundError, did_you_mean
from mlnb.core.records import Record

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["numeric", "categorical", "boolean", "datetime", "text", "other"]
Severity = Literal["INFO", "WARNING", "BLOCKED"]
SEVERITIES: tuple[Severity, ...] = ("BLOCKED", "WARNING", "INFO")


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


class Source(Record):
    """What was profiled; ``version`` is the Delta version of a table."""

    kind: Literal["table", "frame", "file"]
    name: str
    version: int | None = None


class Histogram(Record):
    """Counts between ``edges``, and the values that lie below and above the drawn range."""

    edges: list[float]
    counts: list[int]
    below: int = 0
    above: int = 0


class Item(Record):
    """A value and how often it occurs."""

    item: str
    count: int


class Outliers(Record):
    """Values outside 1.5 interquartile ranges: the fences, how many, and which share of the values."""

    low: float
    high: float
    count: int
    share: float


class ShapeBin(Record):
    """The target in one bin of a column: its mean (share of the positive class) with a 95 % interval."""

    label: str
    rows: int
    mean: float
    lower: float
    upper: float


class Association(Record):
    """What one column alone predicts of the target, out of fold, so that many levels are no advantage.

    Attributes
    ----------
    metric
        ``auc`` for classes (mean one-against-rest for more than two), ``r2`` for numbers.
    value, lower, upper
        Mean over five folds with a 95 % interval.
    raw
        The same figure of the value itself taken as the prediction (ranks), where that makes sense.
    missing
        AUC of "is missing" alone, for a target with two classes.
    """

    metric: Literal["auc", "r2"]
    value: float
    lower: float
    upper: float
    raw: float | None = None
    missing: float | None = None
    shape: list[ShapeBin] = Field(default_factory=list)


class ColumnProfile(Record):
    """One column. Figures that its kind does not have are ``None``."""

    column_name: str
    data_type: str
    kind: Kind
    count: int
    num_nulls: int
    percent_null: float
    distinct_count: int | None = None
    percent_distinct: float | None = None
    num_nan: int | None = None
    num_inf: int | None = None
    num_zeros: int | None = None
    percent_zeros: float | None = None
    num_negative: int | None = None
    min: float | str | None = None
    max: float | str | None = None
    avg: float | str | None = None
    stddev: float | None = None
    skew: float | None = None
    kurtosis: float | None = None
    median: float | str | None = None
    quantiles: dict[str, float | str] | None = None
    histogram: Histogram | None = None
    frequent_items: list[Item] = Field(default_factory=list)
    min_length: int | None = None
    max_length: int | None = None
    avg_length: float | None = None
    outliers: Outliers | None = None
    association: Association | None = None
    basis: dict[str, str] = Field(default_factory=dict)


class Finding(Record):
    """Something worth knowing: a code, how serious it is, one plain sentence and what to do about it."""

    code: str
    severity: Severity
    message: str
    hint: str | None = None
    column: str | None = None
    other: str | None = None
    evidence: dict[str, Any] = Field(default_factory=dict)


class Correlation(Record):
    """Linear (``pearson``) and monotone (``spearman``) correlation of two numeric columns."""

    left: str
    right: str
    pearson: float
    spearman: float


class Target(Record):
    """The column to predict and how it was read.

    Attributes
    ----------
    task
        ``classification`` or ``regression``.
    positive
        The class whose share is drawn.
    classes
        The classes with their counts, most frequent first.
    base
        Share of the positive class, or the mean.
    rows
        Rows with a target.
    """

    column: str
    task: Literal["classification", "regression"]
    positive: str | None = None
    classes: list[Item] = Field(default_factory=list)
    base: float | None = None
    rows: int


class Timing(Record):
    """Seconds by the clock and of processor time."""

    seconds: float
    cpu_seconds: float


class Profile(Record):
    """What a table holds, what is wrong with it and what predicts the target.

    Attributes
    ----------
    sample_rows
        Rows on which associations and correlations rest; all other figures are exact, over all rows.
    missing_cells, duplicate_rows
        Counts over all rows and columns; ``duplicate_rows`` are the rows that could be dropped.
    """

    id: str
    source: Source
    rows: int
    columns: list[ColumnProfile]
    target: Target | None = None
    correlations: list[Correlation] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    missing_cells: int = 0
    duplicate_rows: int | None = None
    memory_bytes: int = 0
    sample_rows: int = 0
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

    def to_html(self, *, standalone: bool = False, max_kb: int = 100) -> str:
        """Return the page: a fragment for a cell, or with ``standalone`` a whole document."""
        from .html import render_page

        return render_page(self.to_dict(), standalone=standalone, max_kb=max_kb)

    def to_text(self, width: int = 100) -> str:
        """Return the page as text for a terminal of ``width`` characters."""
        from .text import render_text

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
