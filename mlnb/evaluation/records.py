"""Records and tables of evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from mlnb.core.errors import InvalidParameterError, NotFoundError
from mlnb.core.metastore import metadata
from mlnb.core.records import Record
from mlnb.scope.gates import GateResult, GroupFact
from mlnb.training.scoring.metrics import FACTS
from mlnb.training.scoring.regions import FOUND

if TYPE_CHECKING:
    from mlflow.models import EvaluationResult as MlflowResult

    from mlnb.training.scoring.metrics import Predictions

evaluations = sa.Table(
    "evaluations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text),
    sa.Column("model_uri", sa.Text),
    sa.Column("model_digest", sa.Text),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("metrics", sa.JSON, nullable=False),
    sa.Column("intervals", sa.JSON, nullable=False),
    sa.Column("fairness", sa.JSON),
    sa.Column("baseline_uri", sa.Text),
    sa.Column("look_id", sa.Text),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("evaluations_run", "run_id", "created_at"),
)

evaluation_slices = sa.Table(
    "evaluation_slices",
    metadata,
    sa.Column("evaluation_id", sa.Text, nullable=False),
    sa.Column("slice_key", sa.Text, nullable=False),
    sa.Column("slice_value", sa.Text, nullable=False),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("metric", sa.Text, nullable=False),
    sa.Column("value", sa.Float(precision=53), nullable=False),
    sa.Column("lower", sa.Float(precision=53)),
    sa.Column("upper", sa.Float(precision=53)),
    sa.Index("evaluation_slices_evaluation", "evaluation_id"),
)

#: Challenger beside champion: ``body`` is the whole record, the rest is what it is found by.
comparisons = sa.Table(
    "comparisons",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text),
    sa.Column("champion_run_id", sa.Text),
    sa.Column("look_id", sa.Text),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("comparisons_run", "run_id", "created_at"),
)


class EvaluationSettings(BaseModel):
    """The section ``[evaluation]``: bootstrap draws, rows a slice needs to be judged, coverage of the intervals.

    ``plots`` draws what MLflow's evaluator draws, ``kept_rows`` is the largest number of rows of which each prediction is kept.
    """

    model_config = ConfigDict(extra="forbid")

    bootstrap: int = Field(default=1000, ge=0, le=100_000)
    plots: bool = True
    kept_rows: int = Field(default=2_000_000, ge=0)
    slice_bootstrap: int = Field(default=200, ge=0, le=100_000)
    min_slice_rows: int = Field(default=30, ge=2)
    confidence: float = Field(default=0.95, gt=0.5, lt=1.0)


class EvaluationNotFoundError(NotFoundError):
    """No evaluation has that id."""

    code = "EVALUATION_NOT_FOUND"


class EvaluationDataError(InvalidParameterError):
    """Data that a model cannot be evaluated on."""

    code = "EVALUATION_DATA"


class ColumnNotFoundError(InvalidParameterError):
    """A target or slice that the data does not have."""

    code = "COLUMN_NOT_FOUND"


class ModelNotFoundError(NotFoundError):
    """A model URI that leads nowhere."""

    code = "MODEL_NOT_FOUND"


class SliceRow(Record):
    """A metric within a slice; ``lower`` and ``upper`` bound it when the slice is large enough to judge."""

    slice_key: str
    slice_value: str
    n: int
    metric: str
    value: float
    lower: float | None = None
    upper: float | None = None

    def __str__(self) -> str:
        bounds = f" ({self.lower:.3g} to {self.upper:.3g})" if self.lower is not None and self.upper is not None else ""
        return f"{self.slice_value} with {self.metric} {self.value:.4g}{bounds} on {self.n:,} rows"


class CurveRow(Record):
    """A curve to draw: ROC, precision and recall, calibration or residuals."""

    name: str
    x_label: str
    y_label: str
    x: list[float]
    y: list[float]
    counts: list[int] = Field(default_factory=list)


class ImportanceRow(Record):
    """How much the loss rises when a column's values are dealt out anew among the rows."""

    column: str
    value: float
    lower: float
    upper: float


class EvaluationResult(Record):
    """A model's metrics on data at a version.

    Attributes
    ----------
    data, data_version
        The table and its version; ``frame`` without a version when it came from nowhere we know.
    metrics, intervals
        By MLflow's names; an interval where one could be computed.
    slices
        Every metric in every slice; the key ``(found)`` marks those that nobody asked for.
    fairness
        Rates of the protected groups beside everybody else's.
    validation
        What the thresholds asked for, one line each.
    importances
        What the predictions rest on, the greatest first, when explanations were asked for.
    threshold
        The score from which on the model says yes, when it is not a half.
    rows_uri
        Where every row's prediction is in the run's files.
    baseline_uri, comparison_id
        The model it was compared with, and the comparison.
    primary, worst
        The metric looked at first, and the slice in which it is worst among those with enough rows.
    changes
        Differences from the baseline, or from the reference evaluation.
    look, looks_allowed
        Number of the look when these are held-out rows; None for all others.
    optimism
        By how much the best of so many looks is expected to be too good.
    curves, figures
        The curves (only on a fresh result), and where their pictures are in the run's files.
    """

    id: str
    run_id: str | None = None
    model_uri: str | None = None
    model_type: str = "classifier"
    data: str
    data_version: int | None = None
    n_rows: int = 0
    dropped_rows: int = 0
    targets: str = ""
    metrics: dict[str, float] = Field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = Field(default_factory=dict)
    slices: list[SliceRow] = Field(default_factory=list)
    fairness: list[GroupFact] = Field(default_factory=list)
    primary: str | None = None
    worst: SliceRow | None = None
    changes: dict[str, float] = Field(default_factory=dict)
    validation: list[GateResult] = Field(default_factory=list)
    importances: list[ImportanceRow] = Field(default_factory=list)
    threshold: float | None = None
    rows_uri: str | None = None
    baseline_uri: str | None = None
    comparison_id: str | None = None
    curves: list[CurveRow] = Field(default_factory=list)
    figures: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    look: int | None = None
    looks_allowed: int | None = None
    look_id: str | None = None
    optimism: float | None = None
    model_digest: str | None = None
    created_by: str = ""
    created_at: int = 0

    # What a fresh result still knows of its rows; a stored one reads them from the run.
    _predictions: Predictions | None = PrivateAttr(default=None)

    @property
    def passed(self) -> bool:
        """Whether every threshold was reached."""
        return not any(item.blocks for item in self.validation)

    @property
    def result(self) -> MlflowResult:
        """The same as MLflow's own record, for what takes one, such as ``mlflow.validate_evaluation_results``."""
        from mlflow.models import EvaluationResult as MlflowResult

        return MlflowResult(  # type: ignore[no-untyped-call]
            metrics=dict(self.metrics), artifacts={}, run_id=self.run_id or ""
        )

    def __str__(self) -> str:
        at = f"@{self.data_version}" if self.data_version is not None else ""
        lines = [f"evaluation of {self.model_uri or 'a model'} on {self.data}{at}, {self.n_rows:,} rows"]
        for name in sorted(self.metrics.keys() - set(FACTS), key=lambda name: (name != self.primary, name)):
            value, bounds = self.metrics[name], self.intervals.get(name)
            lines.append(f"  {name:<28} {value:.4g}" + (f"  ({bounds[0]:.4g} to {bounds[1]:.4g})" if bounds else ""))
        if self.worst is not None:
            lines.append(f"  worst {self.worst.slice_key}: {self.worst}")
        found = [row for row in self.slices if row.slice_key == FOUND and row.metric == self.primary]
        lines += [f"  found: {row}" for row in found if row != self.worst]
        lines += [f"  {'✓' if not item.blocks else '✗'} {item.gate}: {item.message}" for item in self.validation]
        return "\n".join([*lines, *self.notes])

    __repr__ = __str__
