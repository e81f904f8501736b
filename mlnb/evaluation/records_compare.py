"""Champion beside challenger, a threshold for decisions, and the card of a model."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mlnb.core.errors import InvalidParameterError, NotFoundError
from mlnb.core.records import Record

from .records import CurveRow


class RowsMismatchError(InvalidParameterError):
    """Two models were not scored on the same rows."""

    code = "EVALUATION_ROWS_MISMATCH"


class ComparisonNotFoundError(NotFoundError):
    """No comparison has that id."""

    code = "COMPARISON_NOT_FOUND"


#: BETTER if the whole interval of the difference lies above the margin, WORSE if below minus the margin.
Verdict = Literal["BETTER", "NOT_WORSE", "WORSE", "INCONCLUSIVE"]


class MetricComparison(Record):
    """A metric of challenger and champion on the same rows.

    Attributes
    ----------
    difference, lower, upper
        Challenger minus champion with its interval, turned so that more is better.
    rows_needed
        Rows that would decide, when the verdict is INCONCLUSIVE.
    """

    metric: str
    challenger: float
    champion: float
    difference: float
    lower: float | None = None
    upper: float | None = None
    verdict: Verdict
    greater_is_better: bool = True
    rows_needed: int | None = None


class Comparison(Record):
    """Challenger beside champion.

    Attributes
    ----------
    verdict
        Of the primary metric.
    """

    id: str
    run_id: str | None = None
    challenger_uri: str | None = None
    champion_uri: str | None = None
    champion_run_id: str | None = None
    data: str
    data_version: int | None = None
    n_rows: int = 0
    margin: float = 0.0
    primary: str
    verdict: Verdict
    metrics: list[MetricComparison] = Field(default_factory=list)
    look: int | None = None
    looks_allowed: int | None = None
    look_id: str | None = None
    notes: list[str] = Field(default_factory=list)
    created_by: str = ""
    created_at: int = 0

    def metric(self, name: str) -> MetricComparison | None:
        """Return one of the metrics, None when it was not compared."""
        return next((item for item in self.metrics if item.metric == name), None)

    def __str__(self) -> str:
        at = f"@{self.data_version}" if self.data_version is not None else ""
        lines = [f"{self.verdict} in {self.primary} on {self.data}{at}, {self.n_rows:,} rows"]
        for item in self.metrics:
            bounds = (
                f"  ({item.lower:+.4g} to {item.upper:+.4g})"
                if item.lower is not None and item.upper is not None
                else ""
            )
            lines.append(
                f"  {item.metric:<28} {item.challenger:.4g} beside {item.champion:.4g}  {item.difference:+.4g}{bounds} {item.verdict}"
            )
        return "\n".join([*lines, *self.notes])

    __repr__ = __str__


class Threshold(Record):
    """Where a score becomes a decision.

    Attributes
    ----------
    rule
        What it was chosen by, in words.
    stored
        Whether it is kept with the model.
    curve
        What was optimised over all thresholds.
    """

    value: float
    rule: str
    precision: float | None = None
    recall: float | None = None
    positive_rate: float | None = None
    cost: float | None = None
    model_uri: str | None = None
    evaluation_id: str | None = None
    stored: bool = False
    curve: CurveRow | None = None

    def __str__(self) -> str:
        shares = (
            ("precision", self.precision),
            ("recall", self.recall),
            ("said yes", self.positive_rate),
            ("cost a row", self.cost),
        )
        said = ", ".join(f"{name} {value:.4g}" for name, value in shares if value is not None)
        return f"threshold {self.value:.4g}: {self.rule} ({said})" + (", kept with the model" if self.stored else "")

    __repr__ = __str__


class CardFact(Record):
    """One statement of a model card with what it rests on; ``sha256`` is of its value as canonical JSON."""

    id: str
    section: str
    label: str
    value: Any = None
    source: str = ""
    sha256: str = ""


class ModelCard(Record):
    """What is recorded of the model of a run, in sections, each fact with its hash.

    Attributes
    ----------
    markdown
        The card as text.
    sha256
        Of all facts in order.
    """

    run_id: str
    title: str
    facts: list[CardFact] = Field(default_factory=list)
    markdown: str = ""
    sha256: str = ""
    created_at: int = 0

    def __str__(self) -> str:
        return self.markdown

    __repr__ = __str__


class CardCheck(Record):
    """Whether the facts of a card still hold; ``changed`` names those that do not."""

    valid: bool
    changed: list[str] = Field(default_factory=list)
    missing: list[str] = Field(default_factory=list)

    def __str__(self) -> str:
        if self.valid:
            return "the card says what is on record"
        parts = [("changed", self.changed), ("no longer on record", self.missing)]
        return "the card does not hold: " + "; ".join(f"{word}: {', '.join(ids)}" for word, ids in parts if ids)

    __repr__ = __str__


class NoCardError(NotFoundError):
    """No card was kept with the run."""

    code = "MODEL_CARD_NOT_FOUND"
