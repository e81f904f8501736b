"""What is wrong with a table: short findings, each a plain sentence with advice and code, the gravest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..records import Finding, Profile
from ..stored.decisions import finding_id, source_key
from ..suggest.attach import attach
from .columns import column_findings
from .kinds import disguises
from .personal import clean, personal_findings
from .ranking import power_of, rank
from .table import (
    duplicate_column_findings,
    duplicate_columns,
    future_findings,
    pair_findings,
    table_findings,
    target_findings,
)

if TYPE_CHECKING:
    from ..look import Look
    from .kinds import Disguise
    from .personal import Personal


#: What does not matter of a column that has to be left out anyway.
_MATTERS_NOT = frozenset(
    {"DRIFT", "OUTLIERS", "SKEWED", "ZERO_INFLATED", "HIGH_CARDINALITY", "RARE_LEVELS", "CORRELATED", "CODE_AS_FLOAT"}
)


def find(
    profile: Profile,
    look: Look,
    *,
    target: str | None = None,
    personal: dict[str, Personal] | None = None,
    masked: bool = True,
    hidden: dict[str, Disguise] | None = None,
    extra: Sequence[Finding] = (),
) -> list[Finding]:
    """Return all findings of a profile in order, with ids, scores and code.

    Parameters
    ----------
    profile
        With its figures; columns of personal data are masked already.
    look
        The sample it was made from.
    target
        The target as asked for: it may be constant, so that ``profile.target`` is None.
    personal
        Columns of personal data; ``masked`` tells that their values are not shown.
    hidden
        Columns whose type is not what it seems, where that is known already.
    extra
        Findings of other analyses: leaks, time.
    """
    people = personal or {}
    seeming = disguises(look) if hidden is None else hidden
    found = [item.model_copy(deep=True) for item in extra]
    same = duplicate_columns(profile, look)
    for column in profile.columns:
        name = column.column_name
        found += column_findings(
            column, look.columns.get(name), profile.rows, hidden=seeming.get(name), target=name == target
        )
        if name == target:
            found += target_findings(profile.target, name, column)
    found += duplicate_column_findings(same, look, target)
    found += table_findings(profile, look)
    if not any(item.code == "TIME_FUTURE" for item in found):
        found += future_findings(profile)
    pairs = [pair for pair in profile.correlations.pairs if target not in (pair.left, pair.right)]
    told = {item.column for item in found if item.code == "ID_LIKE"} | {*same}
    found += pair_findings([pair for pair in pairs if not {pair.left, pair.right} & told], power_of(profile))
    found = _without_lost(found)
    if people and masked:
        clean(found, people)
    found += personal_findings(people, masked=masked)
    found = rank(found, profile)
    key = source_key(profile.source)
    for item in found:
        item.id = finding_id(key, target, item)
    attach(found, profile)
    return found


def _without_lost(found: list[Finding]) -> list[Finding]:
    blocked = {item.column for item in found if item.severity == "BLOCKED" and item.column is not None}
    return [item for item in found if item.code not in _MATTERS_NOT or item.column not in blocked]
