"""Rows, ids and files that stand in the order of the target: the order would be learned, and a split in order would be no test."""

from __future__ import annotations

import re

import numpy as np

from ..records import ColumnProfile, Finding
from ..scanning.column import Scanned
from ..target.associations import associate
from ..target.values import FloatArray, Folds, IntArray, TargetValues, make_folds
from .copies import Case, strength

#: AUC of the order; for a numeric target R², which honest trends reach too.
ORDER_AUC, ORDER_R2 = 0.8, 0.95
MIN_ROWS = 100
#: Share of different values that makes an id.
ID_SHARE = 98.0
#: Longer text is no id; and so many of them tell an order.
ID_LENGTH, ID_ROWS = 40, 5_000
#: Ids count through: their range is at most so many times the rows.
ID_DENSITY = 3
_ID_NAME = re.compile(r"(^|_)(id|ids|key|uuid|guid|nr|no|num|number|index|idx|rowid|seq)$", re.IGNORECASE)
_FILE_NAME = re.compile(r"(^|_)(file|filename|path|filepath|image|img|uri|url|source)(_|$)", re.IGNORECASE)
_PATH = re.compile(r".*(\\|/.*/|^[a-z0-9]+://|\.[A-Za-z][A-Za-z0-9]{1,7}$)")
_DIGITS = re.compile(r"\d+")
_HINT = "Leave it out of training, and shuffle the rows before they are split (unless they are split by time)."


def order_findings(case: Case) -> tuple[list[Finding], set[str]]:
    """Return the findings about orders, and the columns they are about."""
    found = []
    values = _random_folds(case)
    limit = ORDER_AUC if values.numbers is None else ORDER_R2
    if len(values.rows) < MIN_ROWS or (values.numbers is not None and case.time_column is not None):
        return [], set()
    for name in case.inputs:
        power = _of_column(case, name, values)
        if power is not None and power > limit:
            text = (
                f"{name} only numbers the rows, and yet its order tells {case.target} ({_figure(values)} {power:.3f})."
            )
            if _is_file(case.look.columns[name], name):
                text = f"The file in {name} tells {case.target} ({_figure(values)} {power:.3f})."
            found.append(_finding(case, name, text, power))
    columns = {finding.column for finding in found if finding.column}
    if case.look.positions is not None:
        power = _power(case.look.positions.astype(np.float64), values)
        if power is not None and power > limit:
            text = f"The rows are in the order of {case.target}: their number alone tells it ({_figure(values)} {power:.3f})."
            found.append(_finding(case, None, text, power))
    return found, columns


def _random_folds(case: Case) -> TargetValues:
    """The target in folds that do not follow time: forward in time no order can be tested."""
    values = case.values
    folds: Folds = make_folds(case.look, values.rows) if values.folds.forward or case.group else values.folds
    return TargetValues(
        values.record, values.rows, folds, values.numbers, values.codes, values.labels, values.scored, values.drawn
    )


def _figure(values: TargetValues) -> str:
    return "AUC" if values.numbers is None else "R²"


def _finding(case: Case, name: str | None, text: str, power: float) -> Finding:
    return Finding(
        code="LEAK_ORDER",
        severity="WARNING",
        column=name,
        other=case.target,
        score=power,
        message=text,
        hint=_HINT,
        evidence={"auc" if case.values.numbers is None else "r2": power},
    )


def _of_column(case: Case, name: str, values: TargetValues) -> float | None:
    """What the order of an id or a file tells; None for other columns."""
    scanned = case.look.columns[name]
    if scanned.values is not None:
        if not _counts_rows(scanned, name, case.look.rows):
            return None
        return _power(scanned.values, values)
    if scanned.codes is None or scanned.profile.kind not in ("text", "categorical"):
        return None
    unique = (scanned.profile.percent_distinct or 0) >= ID_SHARE and (scanned.profile.avg_length or 0) <= ID_LENGTH
    if not unique and not _is_file(scanned, name):
        return None
    if not unique:  # few files: each by itself
        association = associate(scanned, values)
        power = strength(association) if association is not None else None
        if power is not None and power > (ORDER_AUC if values.numbers is None else ORDER_R2):
            return power
    return _power(_rank_of_text(scanned, values.rows[:ID_ROWS]), values.first(ID_ROWS))


def _counts_rows(scanned: Scanned, name: str, rows: int) -> bool:
    profile = scanned.profile
    if profile.kind != "numeric" or (profile.percent_distinct or 0) < ID_SHARE or scanned.values is None:
        return False
    present = scanned.values[np.isfinite(scanned.values)]
    if len(present) == 0 or not bool(np.all(present == np.floor(present))):
        return False
    dense = float(present.max() - present.min()) + 1 <= ID_DENSITY * max(rows, len(present))
    return dense or _ID_NAME.search(name) is not None


def _is_file(scanned: Scanned, name: str) -> bool:
    if scanned.codes is None or scanned.levels is None or not len(scanned.levels):
        return False
    probe = [str(scanned.levels[i]) for i in range(0, len(scanned.levels), max(1, len(scanned.levels) // 10))]
    if _FILE_NAME.search(name) is not None:
        return all("/" in text or _PATH.match(text) for text in probe)
    return all(_PATH.match(text) and ("/" in text or "\\" in text) for text in probe)


def _rank_of_text(scanned: Scanned, rows: IntArray) -> FloatArray:
    """Place of each row's text in the order of all, numbers inside compared as numbers; NaN for rows that are not asked for."""
    found = np.full(len(scanned.codes) if scanned.codes is not None else 0, np.nan)
    if scanned.codes is None or scanned.levels is None:
        return found
    levels, (codes, where) = scanned.levels, np.unique(scanned.codes[rows], return_inverse=True)
    keys = [_DIGITS.sub(lambda match: match[0].zfill(20), str(levels[int(i)])) if i >= 0 else "" for i in codes]
    place = np.empty(len(keys))
    place[np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)] = np.arange(len(keys))
    found[rows] = np.where(codes >= 0, place, np.nan)[where]
    return found


def _power(numbers: FloatArray, values: TargetValues) -> float | None:
    profile = ColumnProfile(
        column_name="order", data_type="double", kind="numeric", count=len(numbers), num_nulls=0, percent_null=0.0
    )
    association = associate(Scanned(profile, values=numbers), values)
    return strength(association) if association is not None else None
