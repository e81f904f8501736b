"""Gates: whether a model does what its scope card asks, and on which evidence.

``judge(card, facts)`` is pure. Later stages (evaluation, registry) collect the facts of a run or a version and hand them in, so this
module knows none of them, and the same card gives the same verdict in a cell, in a promotion and in a test.

``unknown`` means that no evidence was found. It blocks like ``fail``: the hint names what produces the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from mlnb.core.records import Record

from .card import ScopeCard

Status = Literal["pass", "fail", "unknown", "waived"]


class SliceFact(Record):
    """The value of a metric on the rows where ``slice_key`` is ``slice_value``."""

    slice_key: str
    slice_value: str
    metric: str
    value: float
    n: int
    lower: float | None = None
    upper: float | None = None


class TableFact(Record):
    """A table the run read, at which version and with how many rows.

    ``holdout`` is what became of its held-out rows, ``positives`` counts rows of the target's positive class, ``age_s`` is the age of the
    newest row in seconds.
    """

    name: str
    version: int | None = None
    n_rows: int | None = None
    holdout: str | None = None
    positives: int | None = None
    age_s: float | None = None


class LookFact(Record):
    """The look at held-out rows at which the metrics were measured."""

    number: int
    allowed: int
    optimism: float | None = None


class ReplayFact(Record):
    """Whether a run can be made again.

    Attributes
    ----------
    mark
        Whether the cells that made it stand in the notebook in the order in which they ran: ``clean``, ``out_of_order``, ``edited``,
        ``deleted``, ``unknown``; None when no notebook could say so.
    environment
        Whether its packages are on record.
    verdict, evidence, message
        Of the newest replay on the same data, which one it was, and what made it come out differently.
    """

    mark: str | None = None
    environment: bool = False
    verdict: Literal["IDENTICAL", "WITHIN_TOLERANCE", "DIFFERENT", "FAILED"] | None = None
    evidence: str | None = None
    message: str | None = None


class LeakFact(Record):
    """An open finding that a column gives the outcome away."""

    code: str
    column: str | None = None
    message: str


class GroupFact(Record):
    """A fairness metric of a group, and how far it is from everybody else's (``rest`` rows).

    ``positive`` is the class it was taken for, where there are more than two.
    """

    group_key: str
    group_value: str
    metric: str
    value: float
    difference: float
    n: int
    rest: int
    lower: float | None = None
    upper: float | None = None
    ratio: float | None = None
    positive: str | None = None


class BaselineFact(Record):
    """The baseline's primary metric, and how the model compares where both scored the same rows.

    Attributes
    ----------
    same_data
        Whether both were evaluated on the same version of the same data.
    verdict, difference, lower, upper, rows_needed
        Of the comparison: the difference is turned so that more is better.
    metrics, own
        All metrics of the baseline on these rows, and of the model beside it: the evaluation that counts may be of others.
    evidence
        The comparison that says so.
    """

    exists: bool = True
    version: int | None = None
    value: float | None = None
    same_data: bool = False
    verdict: Literal["BETTER", "NOT_WORSE", "WORSE", "INCONCLUSIVE"] | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    rows_needed: int | None = None
    metrics: dict[str, float] = Field(default_factory=dict)
    own: dict[str, float] = Field(default_factory=dict)
    evidence: str | None = None


class Facts(Record):
    """What is known of a run or a version. None means: not looked for, or no evidence.

    Attributes
    ----------
    metrics, intervals, slices
        Of the evaluation that counts (the newest); ``evidence`` names it.
    tables
        The tables the run read.
    replay
        Whether the run can be made again; not judged when nobody looked.
    look
        The look at held-out rows at which the metrics were measured; None when they are not of held-out rows.
    leaks
        Open findings that block, of profiles of the tables read; None when nobody profiled them with the target.
    fairness
        Metrics of protected groups.
    business
        Values of the card's own queries; a text says why there is none.
    artifacts
        Paths of the run's files.
    signature, inputs
        Whether the model states its inputs and outputs, and the input names.
    artifact_digest, artifact_found
        The digest kept at registration and that of the files now; judged only when the first is given.
    latency_p95_ms
        Measured; judged only when given, since it is known only after the model was started once.
    baseline
        The model that ``card.baseline`` names.
    approvals
        Role → who approved. None leaves the approval gates out, for runs that nobody asks to approve.
    """

    metrics: dict[str, float] | None = None
    intervals: dict[str, tuple[float, float]] = Field(default_factory=dict)
    slices: list[SliceFact] = Field(default_factory=list)
    evidence: str | None = None
    tables: list[TableFact] | None = None
    replay: ReplayFact | None = None
    look: LookFact | None = None
    leaks: list[LeakFact] | None = None
    fairness: list[GroupFact] | None = None
    business: dict[str, float | str] = Field(default_factory=dict)
    artifacts: list[str] | None = None
    signature: bool | None = None
    inputs: list[str] | None = None
    artifact_digest: str | None = None
    artifact_found: str | None = None
    latency_p95_ms: float | None = None
    baseline: BaselineFact | None = None
    approvals: dict[str, str] | None = None


class GateResult(Record):
    """One gate's verdict: what was seen, what was required, on which evidence, and what to do about it."""

    gate: str
    status: Status
    observed: float | str | None = None
    required: float | str | None = None
    evidence: str | None = None
    message: str
    hint: str | None = None

    @property
    def blocks(self) -> bool:
        """Whether this verdict keeps the model back."""
        return self.status in ("fail", "unknown")


class GateReport(Record):
    """All verdicts; ``passed`` when none blocks."""

    passed: bool
    results: list[GateResult]
    scope_name: str | None = None
    scope_version: int | None = None

    @property
    def blocking(self) -> list[GateResult]:
        """The verdicts that keep the model back."""
        return [result for result in self.results if result.blocks]

    def without(self, prefix: str) -> GateReport:
        """Return the report without the gates whose name begins with ``prefix``."""
        return make_report(
            [result for result in self.results if not result.gate.startswith(prefix)],
            self,
        )

    def __str__(self) -> str:
        marks = {"pass": "✓", "fail": "✗", "unknown": "?", "waived": "–"}
        lines = [f"{marks[result.status]} {result.gate}: {result.message}" for result in self.results]
        return "\n".join(["gates passed" if self.passed else "gates block", *lines])

    def __repr__(self) -> str:
        return str(self)


def make_report(results: Iterable[GateResult], like: GateReport | None = None) -> GateReport:
    """Make a report of ``results``, with the card's name and version of ``like``."""
    kept = list(results)
    return GateReport(
        passed=not any(result.blocks for result in kept),
        results=kept,
        scope_name=like.scope_name if like else None,
        scope_version=like.scope_version if like else None,
    )


def judge(card: ScopeCard | None, facts: Facts, *, leakage_gate: str = "block") -> GateReport:
    """Judge ``facts`` by ``card``; without a card only the signature and the artifact are judged.

    Parameters
    ----------
    card
        The scope card, or None.
    facts
        What is known of the run or version.
    leakage_gate
        The setting: ``block``, ``warn`` or ``off``.
    """
    from . import rules, rules_data, rules_people

    results = [rules.signature(facts), *rules.artifact(facts)]
    if card is not None:
        results = [
            *(rules.metric(goal, facts) for goal in card.metrics),
            *rules.slices(card, facts),
            *rules.baseline(card, facts),
            *rules_data.data(card, facts),
            rules_data.lineage(facts),
            *rules_data.replayable(facts),
            *rules_data.holdout(card, facts),
            *rules_data.leakage(card, facts, how=leakage_gate),
            *rules_people.fairness(card, facts),
            *rules_people.explainability(card, facts),
            *results,
            *rules.latency(card, facts),
            *rules.approvals(card, facts),
        ]
    return make_report(results)
