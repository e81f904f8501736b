"""The two ways to compare: two models asked about the same rows, or two evaluations that are on record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError
from mlnb.training.scoring.metrics import Predictions

from ..asking.question import Question, ask
from ..keeping.per_row import KeptRows
from ..records import EvaluationResult
from ..records_compare import Comparison, RowsMismatchError
from .comparing import Comparing, Sides

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..keeping.keeper import Keeper
    from ..stage import Stage

_ID = re.compile(r"[0-9a-f]{32}")


def by_models(
    stage: Stage,
    keeper: Keeper,
    comparing: Comparing,
    question: Question,
    champion: Any,
    run_id: str | None,
    options: Mapping[str, Any],
) -> Comparison:
    """Ask both models about the question's rows; held-out ones cost the challenger a look."""
    answer = ask(stage, question, lambda look: keeper.version_of_look(look.id if look is not None else None))
    beside = comparing.champion(champion, answer)
    run_id = run_id or answer.own_run
    # Everything that can fail is tried before the look is counted.
    comparing.check(answer, beside, metrics=options["metrics"], margin=options["margin"], draws=options["draws"])
    answer.take_look(run_id)
    return comparing.make(answer, beside, run_id=run_id, **options)


def by_results(
    keeper: Keeper, comparing: Comparing, challenger: Any, champion: Any, options: Mapping[str, Any]
) -> Comparison | None:
    """Compare two evaluations by the predictions on record; None when these are no evaluations."""
    one, other = _evaluation(keeper, challenger), _evaluation(keeper, champion)
    if one is None and other is None:
        return None
    if one is None or other is None:
        raise InvalidParameterError(
            "An evaluation can only be compared with another evaluation.", hint="Give two models, or two evaluations."
        )
    if one.look is not None or other.look is not None:
        raise InvalidParameterError(
            "The single rows of a look at held-out rows are not on record.",
            hint="Compare the models: ws.evaluation.compare(challenger, champion, TABLE, targets=…, holdout=True).",
        )
    ours, theirs = keeper.rows(one), keeper.rows(other)
    challenged, against = _aligned(ours, theirs, one, other)
    sides = Sides(
        challenged,
        against,
        one.model_uri,
        other.model_uri,
        other.run_id,
        one.data,
        one.data_version,
        ["From predictions on record."],
    )
    return comparing.between(sides, run_id=one.run_id, **options)


def _evaluation(keeper: Keeper, given: Any) -> EvaluationResult | None:
    if isinstance(given, EvaluationResult):
        return given
    return keeper.get(given) if isinstance(given, str) and _ID.fullmatch(given) else None


def _aligned(
    ours: KeptRows, theirs: KeptRows, one: EvaluationResult, other: EvaluationResult
) -> tuple[Predictions, Predictions]:
    """Return both sets of predictions with their rows in the same order.

    Raises
    ------
    RowsMismatchError
        When they are not of the same rows, or not of the same target.
    """
    import numpy as np

    a, b = ours.predictions, theirs.predictions
    places_a, places_b = (np.argsort(kept.ids, kind="stable") for kept in (ours, theirs))
    words = f"{one.data}@{one.data_version} and {other.data}@{other.data_version}"
    if len(a) != len(b) or not bool((ours.ids[places_a] == theirs.ids[places_b]).all()):
        shared = len(np.intersect1d(ours.ids, theirs.ids))
        raise RowsMismatchError(
            f"The evaluations are of different rows: {len(a):,} of {words.replace(' and ', f' and {len(b):,} of ')}; {shared:,} are the same.",
            hint="Evaluate both models on the same table and version, or compare the models themselves.",
        )
    a, b = a.take(places_a), b.take(places_b)
    if a.classes != b.classes or not _same(a.truth, b.truth):
        raise RowsMismatchError(
            f"The evaluations predict different things: {one.targets} and {other.targets}.",
            hint="Compare evaluations of the same target and positive class.",
        )
    return a, b


def _same(one: NDArray[Any], other: NDArray[np.float64]) -> bool:
    return bool((one == other).all())
