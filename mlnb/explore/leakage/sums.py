"""The target made from several columns: sums, differences, products and ratios of two, also with a threshold, and sums of many.

All pairs are tried on a few rows; what fits there is tried on all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..findings.making import in_rows
from ..records import Finding
from ..target.values import LARGEST
from ..together.missing import missing_rows
from .clock import difference, is_clock, minutes
from .copies import COPY_SHARE, Case, share_right, strength, threshold

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: Columns of which all pairs are tried, those that predict best first.
MAX_COLUMNS = 200
#: Rows of the first try, and the share of them that must fit.
TRY_ROWS, TRY_VALID, TRY_SHARE, TRY_AUC = 128, 20, 0.97, 0.985
#: Below `COPY_SHARE` and above this share a rule is asked about, and not blocked.
ALMOST = 0.995
#: A column that decides alone makes every pair with it decide.
ALONE = 0.99
#: A threshold on a pair needs so many rows: on few, some pair out of thousands divides them by chance.
THRESHOLD_ROWS = 500
#: Pairs told; the rest follows from them.
SHOWN = 5
#: A sum of many columns is solved on so many rows per column.
SUM_ROWS = 4
#: Microseconds in a unit that a difference of two times is told in.
UNITS = {"seconds": 1e6, "minutes": 60e6, "hours": 3600e6, "days": 86400e6}
HINT = "One of them is known only with the outcome: find out which, and leave it out of training."


@dataclass
class Part:
    """A column that sums are tried with."""

    name: str
    values: FloatArray
    kind: str  # number, clock or time
    power: float
    missing: int


@dataclass
class Rule:
    """A pair and how the target follows from it."""

    left: Part
    right: Part
    sign: str
    share: float
    detail: str = ""


def sum_findings(case: Case, names: list[str]) -> list[Finding]:
    """Return the findings that two or more columns make the target."""
    parts = _parts(case, names)
    if len(parts) < 2:
        return []
    numbers = case.aim.values[case.values.rows] if case.aim.values is not None else None
    # Products of huge numbers are infinite, and equal to nothing.
    with np.errstate(all="ignore"):
        return _tell(case, parts, numbers)


def _tell(case: Case, parts: list[Part], numbers: FloatArray | None) -> list[Finding]:
    rules: list[Rule] = []
    if numbers is not None and not case.values.binary and case.aim.profile.kind == "numeric":
        rules = list(_equal(parts, numbers))
    elif case.values.binary and len(case.values.rows) >= THRESHOLD_ROWS:
        rules = list(_deciding(parts, case.values.positive))
    rules.sort(key=lambda rule: -rule.share)
    found = [_finding(case, rule) for rule in rules[:SHOWN]]
    if not found and numbers is not None and case.values.numbers is not None:
        found = _of_many(case, parts, numbers)
    return found


def _parts(case: Case, names: list[str]) -> list[Part]:
    parts = []
    for name in names:
        scanned, association = case.look.columns[name], case.association(name)
        power = strength(association) if association is not None else 0.0
        if association is None or power > ALONE:
            continue
        if scanned.values is not None:
            values = scanned.values[case.values.rows]
            kind = "time" if scanned.profile.kind == "datetime" else "number"
        elif scanned.profile.kind == "boolean" and scanned.codes is not None and scanned.levels is not None:
            of = [float(str(scanned.levels[i]) == "true") for i in range(len(scanned.levels))]
            values, kind = np.array([*of, np.nan])[scanned.codes[case.values.rows]], "number"
        else:
            continue
        if kind == "number" and is_clock(values):
            values, kind = minutes(values), "clock"
        missing = missing_rows(scanned)
        parts.append(Part(name, values, kind, power, int(missing.sum()) if missing is not None else 0))
    parts.sort(key=lambda part: -part.power)
    return parts[:MAX_COLUMNS]


def _combined(kind: str, left: FloatArray, right: FloatArray) -> Iterator[tuple[str, FloatArray]]:
    """Every way to make one number of two; ``left`` may be one row against many."""
    if kind == "clock":
        yield "-", difference(left, right)
        return
    yield "-", left - right
    if kind == "time":
        return
    yield "+", left + right
    yield "*", left * right
    yield "/", np.where(right != 0, left / right, np.nan)
    yield "\\", np.where(left != 0, right / left, np.nan)


def _by_kind(parts: list[Part]) -> Iterator[tuple[str, list[Part]]]:
    """Numbers with numbers (times of the clock are numbers too), clocks with clocks, times with times."""
    for kind, members in (
        ("number", [part for part in parts if part.kind == "number"]),
        ("clock", [part for part in parts if part.kind == "clock"]),
        ("time", [part for part in parts if part.kind == "time"]),
    ):
        if len(members) > 1:
            yield kind, members


def _tried(
    kind: str, members: list[Part], rows: npt.NDArray[Any]
) -> Iterator[tuple[Part, list[Part], str, FloatArray]]:
    """Every combination of each column with all after it, on a few rows."""
    few = np.vstack([part.values[rows] for part in members])
    few[~np.isfinite(few)] = np.nan
    for i in range(len(members) - 1):
        for sign, values in _combined(kind, few[i], few[i + 1 :]):
            yield members[i], members[i + 1 :], sign, values


# -- equal to the target -----------------------------------------------------------------------------------------------


def _equal(parts: list[Part], target: FloatArray) -> Iterator[Rule]:
    tolerance = _tolerance(target)
    rows = np.arange(min(TRY_ROWS, len(target)))
    aim = target[rows]
    for kind, members in _by_kind(parts):
        units = UNITS if kind == "time" else {"minutes": 1.0} if kind == "clock" else {"": 1.0}
        for left, rights, sign, values in _tried(kind, members, rows):
            for unit, size in units.items():
                scaled, valid = values / size, np.isfinite(values)
                enough = np.maximum(valid.sum(axis=1), TRY_VALID) * TRY_SHARE
                # A difference of times may be cut to whole units, and be taken either way round.
                near = tolerance + (1.0 if kind != "number" else 0.0)
                turns = (1, -1) if sign == "-" else (1,)
                for turn in turns:
                    fits = (np.abs(turn * scaled - aim) <= near).sum(axis=1) >= enough
                    for j in np.flatnonzero(fits):
                        pair = (left, rights[j]) if turn == 1 else (rights[j], left)
                        share = _share_equal(kind, sign, pair, size, target, tolerance)
                        if share is not None and share > ALMOST:
                            yield Rule(
                                *_ordered(sign, pair), sign.replace("\\", "/"), share, f" in {unit}" if unit else ""
                            )


def _ordered(sign: str, pair: tuple[Part, Part]) -> tuple[Part, Part]:
    return (pair[1], pair[0]) if sign == "\\" else pair


def _share_equal(
    kind: str, sign: str, pair: tuple[Part, Part], size: float, target: FloatArray, tolerance: float
) -> float | None:
    made = dict(_combined(kind, pair[0].values, pair[1].values))[sign] / size
    valid = np.isfinite(made)
    if valid.sum() < max(TRY_VALID, 0.1 * len(target)):
        return None
    made, aim = made[valid], target[valid]
    ways = [made] if kind == "number" else [made, np.floor(made), np.ceil(made), np.round(made)]
    share = max(float(np.mean(np.abs(way - aim) <= tolerance)) for way in ways)
    commonest = float(np.unique(aim, return_counts=True)[1].max())
    return share if share_right((1 - share) * len(aim), len(aim), commonest) is not None else None


def _tolerance(target: FloatArray) -> float:
    """Half of the last decimal where the target is rounded finely, else next to nothing."""
    finite = target[np.isfinite(target)]
    spread = float(finite.std()) if len(finite) else 0.0
    if not np.isfinite(spread):
        return 0.0
    for decimals in range(5):
        unit = 10.0**-decimals
        if spread > 100 * unit and np.allclose(finite[:1000] / unit, np.round(finite[:1000] / unit), rtol=0, atol=1e-4):
            return 0.51 * unit
    return 1e-6 * spread


# -- deciding a target with two classes --------------------------------------------------------------------------------


def _deciding(parts: list[Part], positive: BoolArray) -> Iterator[Rule]:
    half = TRY_ROWS // 2
    events, others = np.flatnonzero(positive)[:half], np.flatnonzero(~positive)[:half]
    rows = np.concatenate((events, others))
    label = np.concatenate((np.ones(len(events), dtype=bool), np.zeros(len(others), dtype=bool)))
    for kind, members in _by_kind(parts):
        for left, rights, sign, values in _tried(kind, members, rows):
            for j in np.flatnonzero(_divides(values, label)):
                pair = (left, rights[j])
                made = dict(_combined(kind, pair[0].values, pair[1].values))[sign]
                cut = threshold(made, positive)
                if cut is None or cut.share <= ALMOST:
                    continue
                size, unit = _unit(kind, cut.value)
                detail = f" {'above' if cut.rising else 'up to'} {_short(cut.value / size)}{unit}"
                if sign == "-" and cut.value < 0:
                    # "b - a above 15" is read more easily than "a - b up to -15".
                    pair = (pair[1], pair[0])
                    detail = f" {'up to' if cut.rising else 'above'} {_short(-cut.value / size)}{unit}"
                yield Rule(*_ordered(sign, pair), sign.replace("\\", "/"), cut.share, detail)


def _divides(values: FloatArray, label: BoolArray) -> BoolArray:
    """Which rows of numbers put nearly all of one class above the other."""
    valid = np.isfinite(values)
    order = np.argsort(values, axis=1)
    event = np.take_along_axis(valid & label, order, axis=1)
    other = np.take_along_axis(valid & ~label, order, axis=1)
    won = (event * np.cumsum(other, axis=1)).sum(axis=1)
    events, others = event.sum(axis=1), other.sum(axis=1)
    pairs = events * others
    area = won / np.maximum(pairs, 1)
    found: BoolArray = (np.maximum(area, 1 - area) > TRY_AUC) & (np.minimum(events, others) >= 5)
    return found


def _unit(kind: str, value: float) -> tuple[float, str]:
    if kind == "clock":
        return 1.0, " minutes"
    if kind == "time":
        name = next((n for n in ("days", "hours", "minutes") if abs(value) >= UNITS[n]), "seconds")
        return UNITS[name], f" {name}"
    return 1.0, ""


def _short(value: float) -> str:
    return f"{value:.4g}"


# -- sums of many ------------------------------------------------------------------------------------------------------


def _of_many(case: Case, parts: list[Part], target: FloatArray) -> list[Finding]:
    """A target that is a weighted sum of several columns, found by solving for the weights."""
    members = [part for part in parts if part.kind == "number" and np.isfinite(part.values).mean() > 0.5]
    if len(members) < 3:
        return []
    whole = np.ones(len(target), dtype=bool)
    for part in members:
        whole &= np.isfinite(part.values)
    rows = np.flatnonzero(whole)
    if len(rows) < SUM_ROWS * (len(members) + 1) + TRY_VALID:
        return []
    few = rows[: max(400, SUM_ROWS * (len(members) + 1))]
    matrix = np.column_stack([*(part.values[few] for part in members), np.ones(len(few))])
    if np.abs(matrix).max() > LARGEST:
        return []
    scale = np.maximum(np.abs(matrix).max(axis=0), 1e-300)
    weights = np.linalg.lstsq(matrix / scale, target[few], rcond=1e-10)[0] / scale
    spread = float(target[rows].std())
    if spread == 0:
        return []
    tolerance = max(_tolerance(target), 1e-6 * spread)
    if np.mean(np.abs(matrix @ weights - target[few]) <= tolerance) < TRY_SHARE:
        return []
    made = sum(
        (part.values[rows] * w for part, w in zip(members, weights, strict=False)), np.full(len(rows), weights[-1])
    )
    share = float(np.mean(np.abs(made - target[rows]) <= tolerance))
    used = [
        (p, float(w)) for p, w in zip(members, weights, strict=False) if abs(w) * p.values[rows].std() > 1e-4 * spread
    ]
    if share <= COPY_SHARE or len(used) < 2:
        return []
    used.sort(key=lambda item: -abs(item[1]) * float(item[0].values[rows].std()))
    return [_finding_of_many(case, used, share)]


# -- findings ----------------------------------------------------------------------------------------------------------


def _finding(case: Case, rule: Rule) -> Finding:
    text = f"{rule.left.name} {'·' if rule.sign == '*' else rule.sign} {rule.right.name}"
    told = f"decides {case.target}" if case.values.binary else f"is {case.target}"
    detail = f" ({rule.detail.strip()})" if rule.detail else ""
    certain = rule.share > COPY_SHARE
    end = "together they are the outcome" if certain else "together they are nearly the outcome"
    # What is missing more often was recorded later; else the stronger one is the suspect.
    suspect, other = sorted((rule.left, rule.right), key=lambda part: (-part.missing, -part.power))
    return Finding(
        code="LEAK_SUM",
        severity="BLOCKED" if certain else "WARNING",
        column=suspect.name,
        other=other.name,
        score=1.0 if certain else rule.share * 0.9,
        message=f"{text}{detail} {told} {in_rows(rule.share)}: {end}.",
        hint=HINT,
        evidence={
            "rule": text + detail,
            "share": rule.share,
            "target": case.target,
            "columns": [rule.left.name, rule.right.name],
        },
    )


def _finding_of_many(case: Case, used: list[tuple[Part, float]], share: float) -> Finding:
    names = [part.name for part, _ in used]
    terms = "".join(_term(part.name, weight, i == 0) for i, (part, weight) in enumerate(used[:6]))
    more = f" and {len(used) - 6} more" if len(used) > 6 else ""
    return Finding(
        code="LEAK_SUM",
        severity="BLOCKED",
        column=names[0],
        other=names[1],
        score=1.0,
        message=f"{terms}{more} is {case.target} {in_rows(share)}: together they are the outcome.",
        hint=HINT,
        evidence={"rule": terms + more, "share": share, "target": case.target, "columns": names},
    )


def _term(name: str, weight: float, first: bool) -> str:
    """One part of a sum as it is written: ``a``, ``- a``, ``+ 0.5 · a``."""
    plain = name if abs(abs(weight) - 1) < 1e-6 else f"{_short(abs(weight))} · {name}"
    if first:
        return plain if weight > 0 else f"-{plain}"
    return f" {'+' if weight > 0 else '-'} {plain}"
