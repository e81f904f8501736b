"""What is said of a table beside its columns: findings, pairs, missing values, time, slices, duplicates, held-out rows."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mlnb.core.records import Record

from .records_columns import Basis, Item, Severity


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
    basis
        Field → how sure it is; a field that is not named is exact.
    """

    column: str
    task: Literal["classification", "regression"]
    positive: str | None = None
    classes: list[Item] = Field(default_factory=list)
    base: float | None = None
    rows: int
    basis: dict[str, Basis] = Field(default_factory=dict)


class Finding(Record):
    """Something worth knowing: a code, how serious it is, one plain sentence and what to do about it.

    Attributes
    ----------
    score
        What it would do to a model, 0 to 1: the order within a severity.
    code_pandas, code_pipeline, code_sql
        Code that mends it, ready to run: on the frame ``df``, as a scikit-learn step, on the table.
    state, reason, decided_by, decided_at
        A finding is dismissed only with a reason.
    """

    id: str = ""
    code: str
    severity: Severity
    message: str
    hint: str | None = None
    column: str | None = None
    other: str | None = None
    score: float = 0.0
    evidence: dict[str, Any] = Field(default_factory=dict)
    code_pandas: str | None = None
    code_pipeline: str | None = None
    code_sql: str | None = None
    state: Literal["open", "dismissed"] = "open"
    reason: str | None = None
    decided_by: str | None = None
    decided_at: int | None = None


class Leakage(Record):
    """The verdict on columns that may tell the outcome.

    Attributes
    ----------
    passed
        No open finding blocks.
    blocked
        Open findings that stop a training or a registration.
    warnings
        Open findings that ask a question.
    overridden
        Findings that were dismissed with a reason.
    summary
        One line to show.
    """

    passed: bool
    blocked: list[Finding] = Field(default_factory=list)
    warnings: list[Finding] = Field(default_factory=list)
    overridden: list[Finding] = Field(default_factory=list)
    summary: str = ""

    def __str__(self) -> str:
        """Return the verdict, then a line for each finding: what blocks, what asks, what somebody has answered for."""
        verdict = self.summary or ("Passed." if self.passed else "Blocked.")
        kinds = (("✗", self.blocked), ("!", self.warnings), ("–", self.overridden))
        lines = [
            f"{mark} {item.code}  {item.message}" + (f" Dismissed: {item.reason}" if item.reason else "")
            for mark, items in kinds
            for item in items
        ]
        return "\n".join([verdict, *(" ".join(line.split("\n")) for line in lines)])

    __repr__ = __str__


class Correlation(Record):
    """How strongly two columns go together.

    Attributes
    ----------
    measure
        ``pearson`` (two numbers), ``cramers_v`` (two categories, bias-corrected), ``correlation_ratio`` (a number by a category).
    value
        The stronger of Pearson and Spearman for numbers (signed), else the measure, 0 to 1.
    pearson, spearman
        Linear and monotone correlation, for numbers.
    """

    left: str
    right: str
    measure: Literal["pearson", "spearman", "cramers_v", "correlation_ratio"] = "pearson"
    value: float = 0.0
    pearson: float | None = None
    spearman: float | None = None


class Correlations(Record):
    """All pairs, as a matrix in clustered order, and the strongest as a list.

    Attributes
    ----------
    columns
        In the order of the matrix: by average linkage of 1 - |r|.
    matrix
        One figure per pair (``Correlation.value``), None where it is not defined.
    pairs
        The strongest, strongest first.
    rows
        Rows they rest on.
    left_out
        Columns that were left out because there are too many.
    """

    columns: list[str] = Field(default_factory=list)
    matrix: list[list[float | None]] = Field(default_factory=list)
    pairs: list[Correlation] = Field(default_factory=list)
    rows: int = 0
    left_out: int = 0


class MissingGroup(Record):
    """Columns that are missing in the same rows: in how many rows all of them are, and the least pairwise agreement (phi).

    ``target`` is the target's mean (share of the positive class) in those rows, with a 95 % interval; ``other`` is that of the other rows.
    """

    columns: list[str]
    rows: int
    agreement: float
    target: float | None = None
    lower: float | None = None
    upper: float | None = None
    other: float | None = None


class MissingPattern(Record):
    """Rows in which exactly these columns are missing; ``target`` is the target's mean there, with a 95 % interval."""

    columns: list[str]
    rows: int
    share: float
    target: float | None = None
    lower: float | None = None
    upper: float | None = None


class MissingTogether(Record):
    """Which columns are missing in the same rows. ``rows`` counts those of the sample that it rests on."""

    groups: list[MissingGroup] = Field(default_factory=list)
    patterns: list[MissingPattern] = Field(default_factory=list)
    complete_rows: int = 0
    rows: int = 0


class Gap(Record):
    """A stretch of time without rows; ``steps`` of the usual step are absent."""

    start: str
    end: str
    steps: float


class Period(Record):
    """One stretch of time: its rows and the target's mean with a 95 % interval.

    Attributes
    ----------
    label
        What the period is called: ``2013-12``, ``2013 Q4``, or where it starts.
    differs
        The target differs here from the other periods, by an effect that is also significant.
    """

    start: str
    end: str
    rows: int
    label: str | None = None
    target: float | None = None
    lower: float | None = None
    upper: float | None = None
    differs: bool = False


class ColumnDrift(Record):
    """How a column changes over the periods.

    Attributes
    ----------
    against_first, against_previous
        Population stability index of each period, None where there are too few rows; the first is 0 and None.
    worst
        Position of the period that differs most from the first.
    p_adjusted
        Of that difference, Benjamini–Hochberg over the columns.
    js
        Jensen-Shannon distance of the worst period.
    differs
        An effect (an index of 0.2 or a distance of 0.1 or more, against the first or the previous period) that is also significant.
    periods
        Positions of the periods that differ so.
    follows_time
        The column says what time it is (a month, an hour): it must change.
    """

    column: str
    against_first: list[float | None]
    against_previous: list[float | None]
    worst: int
    psi: float
    js: float | None = None
    p_adjusted: float | None = None
    differs: bool = False
    periods: list[int] = Field(default_factory=list)
    follows_time: bool = False


class Timeline(Record):
    """The data along its time column.

    Attributes
    ----------
    step
        The usual distance of neighbouring times in seconds.
    rows
        Rows with a time that all of this rests on: those of the sample.
    future
        Rows that lie after now.
    duplicates
        Rows whose time another row has too (within the group, where one is given).
    """

    column: str
    start: str
    end: str
    step: float | None = None
    rows: int = 0
    gaps: list[Gap] = Field(default_factory=list)
    duplicates: int = 0
    future: int = 0
    periods: list[Period] = Field(default_factory=list)
    drift: list[ColumnDrift] = Field(default_factory=list)


class Condition(Record):
    """A column is a value, or lies in a range: then ``low`` and ``high`` are its ends, both in it."""

    column: str
    value: str
    low: float | None = None
    high: float | None = None


class Slice(Record):
    """Rows of the sample that share one or two conditions, and the target there against the whole.

    The slice was found on one half of the sample; ``target`` and its interval are of the other half, so they are not too good to be true.
    """

    conditions: list[Condition]
    rows: int
    target: float
    lower: float
    upper: float
    high: bool


class DuplicateExample(Record):
    """A row that occurs more than once."""

    values: dict[str, str]
    count: int


class Duplicates(Record):
    """Rows that could be dropped because an equal one remains; with an interval where they were not all counted."""

    rows: int
    share: float
    lower: float | None = None
    upper: float | None = None
    basis: Basis = "exact"
    examples: list[DuplicateExample] = Field(default_factory=list)


class CurvePoint(Record):
    """The probe's score with so many rows to learn from, and its 95 % interval over folds."""

    rows: int
    value: float
    lower: float
    upper: float


class LearningCurve(Record):
    """Whether more rows would help: scores of a probe, and what twice the rows should bring.

    Attributes
    ----------
    gain, gain_lower, gain_upper
        Expected change of the metric with twice the rows, 95 % interval.
    verdict
        In words.
    """

    metric: str
    points: list[CurvePoint]
    gain: float | None = None
    gain_lower: float | None = None
    gain_upper: float | None = None
    verdict: str = ""


class Timing(Record):
    """Seconds by the clock and of processor time."""

    seconds: float
    cpu_seconds: float
