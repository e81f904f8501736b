"""What is said of one column: records free of HTML and of data-frame types.

Figures have the names of the monitor's profile table, so a profile and a monitor row can be laid side by side.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlnb.core.records import Record

Kind = Literal["numeric", "categorical", "boolean", "datetime", "text", "other"]
Severity = Literal["INFO", "WARNING", "BLOCKED"]
#: How sure a figure is: counted over all rows, within a stated bound of that, or from a sample of the rows.
Basis = Literal["exact", "bound", "sample"]
SEVERITIES: tuple[Severity, ...] = ("BLOCKED", "WARNING", "INFO")


class Source(Record):
    """What was profiled; ``version`` is the Delta version of a table, ``digest`` tells its content from any other."""

    kind: Literal["table", "view", "query", "frame", "file"]
    name: str
    version: int | None = None
    digest: str | None = None


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
    """Values outside 1.5 interquartile ranges (``low`` to ``high``), and outside 6 median absolute deviations (``mad_…``)."""

    low: float
    high: float
    count: int
    share: float
    mad_low: float | None = None
    mad_high: float | None = None
    mad_count: int | None = None
    mad_share: float | None = None


class Extreme(Record):
    """One of the most extreme values, and where it stands: the number of its row, or the value of the row's key."""

    value: float | str
    row: int | None = None
    key: str | None = None


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
    mutual_information
        In nats, corrected for its bias by Miller and Madow; None where most rows are of levels too rare to tell.
    unavailable
        Why the column cannot be used when the model is asked: the scope card forbids it, or it is known only afterwards.
    """

    metric: Literal["auc", "r2"]
    value: float
    lower: float
    upper: float
    raw: float | None = None
    missing: float | None = None
    mutual_information: float | None = None
    unavailable: str | None = None
    shape: list[ShapeBin] = Field(default_factory=list)


class ColumnProfile(Record):
    """One column. Figures that its kind does not have are ``None``.

    Attributes
    ----------
    semantic
        What the values mean beyond their kind: ``id``, ``code``, ``email``, ``phone``, ``card``, ``iban``, ``ip``, ``url``, ``country``, …
    extremes
        The ten most extreme values.
    monotonic
        Whether the values rise or fall from row to row.
    bin_width
        Width of the fine bin that quantiles marked ``bound`` are within.
    distinct_error
        Relative standard error of a ``distinct_count`` marked ``bound``.
    masked
        Values are personal data and not shown.
    basis
        Field → how sure it is; a field that is not named is exact.
    """

    column_name: str
    data_type: str
    kind: Kind
    semantic: str | None = None
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
    extremes: list[Extreme] = Field(default_factory=list)
    monotonic: Literal["increasing", "decreasing"] | None = None
    bin_width: float | None = None
    distinct_error: float | None = None
    masked: bool = False
    association: Association | None = None
    basis: dict[str, Basis] = Field(default_factory=dict)
