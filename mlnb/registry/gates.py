"""The facts of a version, collected from its run, evaluations and files, for the pure judgement of ``mlnb.scope.gates``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlnb.core.errors import InvalidStateError, MlnbError, NotFoundError
from mlnb.scope.gates import BaselineFact, Facts, GateReport
from mlnb.scope.rules import number
from mlnb.training.scoring.metrics import full_name

from .artifacts import Artifacts, digest, read_signature
from .records import MetricRow, ModelPolicy
from .store import DIGEST_TAG, ModelState

if TYPE_CHECKING:
    from pathlib import Path

    from mlnb.catalog.service import Catalog
    from mlnb.evaluation.records import EvaluationResult
    from mlnb.evaluation.service import Evaluation
    from mlnb.scope.service import Scopes

    from .lookup import Found

#: Version tag with a measured 95th percentile of the latency, in milliseconds; serving writes it.
LATENCY_TAG = "mlnb.latency_p95_ms"


class GateError(InvalidStateError):
    """A promotion that the scope card's gates hold back."""

    code = "INVALID_STATE"


class Gates:
    """Collects facts and has them judged.

    Parameters
    ----------
    catalog, scopes, evaluation
        The stages that hold the evidence.
    artifacts
        Where the models' files are.
    """

    def __init__(self, catalog: Catalog, scopes: Scopes, evaluation: Evaluation, artifacts: Artifacts) -> None:
        self._catalog = catalog
        self._scopes = scopes
        self._evaluation = evaluation
        self._artifacts = artifacts

    def judge_version(
        self, found: Found, target: str, policy: ModelPolicy, approved: Mapping[str, str] | None
    ) -> GateReport:
        """Judge a version on its way to ``target``.

        Parameters
        ----------
        approved
            Role → who approved; None leaves the approval gates out.
        """
        version = found.version
        kept = version.tags.get(DIGEST_TAG)
        folder = self._folder(version.source)
        facts = self._facts(version.run_id, folder).model_copy(
            update={
                "artifact_digest": kept,
                "artifact_found": digest(folder) if kept and folder else None,
                "latency_p95_ms": _number(version.tags.get(LATENCY_TAG)),
                "approvals": dict(approved or {}) if approved is not None and policy.is_protected(target) else None,
            }
        )
        return self._judge(facts, target, policy, found.model, version.run_id)

    def judge_run(
        self, run_id: str | None, folder: Path, target: str, policy: ModelPolicy, model: ModelState | None
    ) -> GateReport:
        """Judge a model that is about to be registered and sent to ``target`` at once."""
        return self._judge(self._facts(run_id, folder), target, policy, model, run_id)

    def _judge(
        self, facts: Facts, target: str, policy: ModelPolicy, model: ModelState | None, run_id: str | None
    ) -> GateReport:
        if not policy.is_guarded(target):
            return self._scopes.check(None, facts)
        if policy.scope_name is None:
            return self._scopes.without_card(facts, model.name if model is not None else None)
        card = self._scopes.get(policy.scope_name).card
        facts = self._evaluation.asked(facts, card, run_id)
        if card.baseline is not None and model is not None:
            known = self._baseline(model, card.baseline.rule.removeprefix("@"), card.primary.name, run_id)
            facts = facts.model_copy(update={"baseline": known})
        elif card.baseline is not None:
            facts = facts.model_copy(update={"baseline": BaselineFact(exists=False)})
        return self._scopes.check(policy.scope_name, facts)

    def _folder(self, source: str | None) -> Path | None:
        try:
            return self._artifacts.folder_of_source(source) if source else None
        except MlnbError:  # deleted or elsewhere: the gates say so
            return None

    def _facts(self, run_id: str | None, folder: Path | None) -> Facts:
        """Return what run, evaluation and files say."""
        try:
            facts = self._evaluation.facts(run_id) if run_id is not None else Facts()
        except NotFoundError:  # the run was deleted
            facts = Facts()
        if folder is None:
            return facts
        try:
            signature = read_signature(folder)
        except InvalidStateError:
            return facts
        inputs = [column.name for column in signature.inputs if column.name] if signature else None
        return facts.model_copy(update={"signature": signature is not None, "inputs": inputs})

    def _baseline(self, model: ModelState, alias: str, metric: str, run_id: str | None) -> BaselineFact:
        """Return what the alias's version reached on the data that counts for ``run_id``."""
        holder = model.versions.get(model.aliases.get(alias, 0))
        if holder is None or (run_id is not None and holder.run_id == run_id):
            return BaselineFact(exists=False)
        ours = self._evaluation.counting(run_id) if run_id else None
        if run_id is not None and holder.run_id is not None:
            compared = self._evaluation.baseline(run_id, holder.run_id, metric, holder.version)
            if compared is not None:
                return compared
        theirs = self._evaluation.list(holder.run_id) if holder.run_id else []
        for item in theirs:
            if ours is not None and _same_rows(item, ours):
                return BaselineFact(version=holder.version, value=item.metrics.get(full_name(metric)), same_data=True)
        return BaselineFact(version=holder.version)

    def metrics(self, run_id: str | None) -> list[MetricRow]:
        """Return the metrics of all evaluations of a version's run, the run's own when it was never evaluated."""
        if run_id is None:
            return []
        rows: list[MetricRow] = []
        for item in self._evaluation.list(run_id):
            at = f"@{item.data_version}" if item.data_version is not None else ""
            rows += [
                MetricRow(metric=name, value=number(value), dataset=f"{item.data}{at}", evaluation_run_id=run_id)
                for name, value in item.metrics.items()
            ]
        return rows


def _same_rows(one: EvaluationResult, other: EvaluationResult) -> bool:
    """Return whether two evaluations scored the same rows: of one version, on one side of its hold-out."""
    return (one.data, one.data_version, one.look is None) == (other.data, other.data_version, other.look is None)


def refuse_if_blocked(report: GateReport, name: str, version: int | None, target: str) -> None:
    """Refuse when a gate blocks.

    Raises
    ------
    GateError
        Naming each gate with what was seen and required; the hint says how to mend the first.
    """
    if report.passed:
        return
    first, *others = report.blocking
    lines = " ".join(f"{result.gate}: {result.message}" for result in report.blocking)
    what = f"{name} version {version}" if version else name
    raise GateError(
        f"{what} may not become {target}: {lines}",
        hint=f"{first.hint}"
        + (f" (and {len(others)} more: %models {name} {version or ''} shows all)" if others else ""),
        details={
            "violations": [
                {"type": "GATE", "subject": result.gate, "description": result.message} for result in report.blocking
            ],
            "gates": report.model_dump(mode="json", exclude_none=True),
        },
    )


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
