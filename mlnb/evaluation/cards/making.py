"""Cards made, kept with the run, and checked against what is on record now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mlnb.core.clock import now_ms
from mlnb.core.errors import NotFoundError

from ..records_compare import CardCheck, CardFact, ModelCard, NoCardError
from .facts import Known, collect, sha256_of, sha256_of_all

if TYPE_CHECKING:
    from mlnb.scope.records import Scope
    from mlnb.training.records import RunRecord

    from ..judging.gating import Gating
    from ..keeping.compared import ComparisonKeeper
    from ..keeping.keeper import Keeper
    from ..records import EvaluationResult
    from ..stage import Stage

_JSON, _MARKDOWN = "mlnb/card.json", "mlnb/card.md"


class Cards:
    """Makes model cards and checks them.

    Parameters
    ----------
    keeper, compared, gating
        Where evaluations, comparisons and verdicts come from.
    """

    def __init__(self, stage: Stage, keeper: Keeper, compared: ComparisonKeeper, gating: Gating) -> None:
        self._stage, self._keeper, self._compared, self._gating = stage, keeper, compared, gating

    def make(self, record: RunRecord, counting: EvaluationResult | None, scope: str | None) -> ModelCard:
        """Return the card of a run as of now."""
        scope = scope or (record.session or {}).get("scope_name")
        card = self._stage.scopes.get(scope) if scope is not None else None
        comparisons = self._compared.of(record.run_id, 1)
        return self._card(record, self._known(record, counting, comparisons[0] if comparisons else None, card))

    def keep(self, card: ModelCard) -> ModelCard:
        """Write a card into its run."""
        text = json.dumps(card.to_dict(), indent=1, ensure_ascii=False)
        self._stage.runs.write_artifacts(card.run_id, {_JSON: text, _MARKDOWN: card.markdown})
        payload = {"sha256": card.sha256, "facts": len(card.facts)}
        with self._stage.ground.metastore.begin():
            self._stage.ground.journal.append("evaluation.card_kept", f"run:{card.run_id}", payload)
        return card

    def verify(self, record: RunRecord, card: ModelCard | None) -> CardCheck:
        """Compare a card, the one kept by default, with what is on record.

        Raises
        ------
        NoCardError
            When none was given and none was kept.
        """
        card = card or self._kept(record.run_id)
        said = {fact.id: fact.value for fact in card.facts}
        changed = [fact.id for fact in card.facts if fact.sha256 != sha256_of(fact.value)]
        if card.sha256 != sha256_of_all(card.facts):
            changed.append("card")
        now = {fact.id: fact for fact in collect(self._stage, self._as_said(record, said))}
        changed += [fact.id for fact in card.facts if fact.id in now and now[fact.id].value != fact.value]
        missing = [fact.id for fact in card.facts if fact.id not in now]
        changed = list(dict.fromkeys(changed))
        return CardCheck(valid=not changed and not missing, changed=changed, missing=missing)

    def _known(self, record: RunRecord, evaluation: Any, comparison: Any, scope: Scope | None) -> Known:
        gates = None
        if scope is not None:
            facts = self._gating.facts(record.run_id, evaluation, scope.card)
            gates = self._gating.judge(scope.name, facts)
        return Known(record, evaluation, comparison, scope, gates)

    def _as_said(self, record: RunRecord, said: dict[str, Any]) -> Known:
        """Return what is on record of the very evaluation, comparison and scope card that a card names."""
        scope = None
        name, _, version = str(said.get("scope") or "").rpartition("@")
        if name and version.isdigit():
            scope = _or_none(lambda: self._stage.scopes.get(name, int(version)))
        evaluation = _or_none(lambda: self._keeper.get(said["evaluation"])) if "evaluation" in said else None
        comparison = _or_none(lambda: self._compared.get(said["comparison"])) if "comparison" in said else None
        return self._known(record, evaluation, comparison, scope)

    def _kept(self, run_id: str) -> ModelCard:
        try:
            return ModelCard.model_validate_json(self._stage.runs.read_artifact(run_id, _JSON))
        except NotFoundError:
            raise NoCardError(
                f"No card was kept with run {run_id[:8]}.", hint="ws.evaluation.card(run, keep=True) keeps one."
            ) from None
        except ValidationError as error:
            raise NoCardError(
                f"The card of run {run_id[:8]} cannot be read: {error.errors()[0]['msg']}.",
                hint="Keep a new one: ws.evaluation.card(run, keep=True).",
            ) from None

    def _card(self, record: RunRecord, known: Known) -> ModelCard:
        facts = collect(self._stage, known)
        title = known.scope.name if known.scope is not None else record.name
        return ModelCard(
            run_id=record.run_id,
            title=title,
            facts=facts,
            markdown=markdown(title, facts),
            sha256=sha256_of_all(facts),
            created_at=now_ms(),
        )


def markdown(title: str, facts: list[CardFact]) -> str:
    """Return a card as text: a table for each section, and the hash that a check compares."""
    lines = [f"# Model card: {_cell(title)}", ""]
    for section in dict.fromkeys(fact.section for fact in facts):
        lines += [f"## {section}", "", "| | | from |", "|---|---|---|"]
        lines += [
            f"| {_cell(fact.label)} | {_cell(fact.value)} | {_cell(fact.source)} |"
            for fact in facts
            if fact.section == section
        ]
        lines.append("")
    return "\n".join([*lines, f"SHA-256 of {len(facts)} facts: `{sha256_of_all(facts)}`", ""])


def _cell(value: Any) -> str:
    text = " ".join(str(value).split())
    for sign in ("\\", "|", "<", "`"):
        text = text.replace(sign, "&lt;" if sign == "<" else f"\\{sign}")
    return text


def _or_none(find: Any) -> Any:
    try:
        return find()
    except NotFoundError:
        return None
