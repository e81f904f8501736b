"""The data along its time column: span, step, gaps, repeated times, rows and target per period, drift of every column."""

from __future__ import annotations

import time as clock
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..findings.making import finding
from ..records import ColumnDrift, Finding, Gap, Period, Severity, Target, Timeline
from ..together.measures import spearman
from .drift import PSI_EFFECT, column_drift, describe_periods
from .periods import cut_time, time_text
from .times import read_times

if TYPE_CHECKING:
    from ..look import Look
    from ..scanning.column import Scanned
    from ..target.associations import TargetValues

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: The longest gaps are kept.
KEPT_GAPS = 20
#: Stretches of the span in which the usual gap is looked for: nights and weekends come back in most of them.
GAP_BLOCKS = 100
#: A gap is so many times longer than what is usual: at a regular step, and otherwise, where chance makes long gaps too.
GAP_REGULAR, GAP_IRREGULAR = 1.5, 2.5
#: Share of the steps that are multiples of the smallest one when it is the step of a thinned sample.
MULTIPLES = 0.98
#: Without a group, more rows than this share that have another's time are events, not a mistake.
FEW_DUPLICATES = 0.1
#: Within a group, this share is a warning.
MANY_DUPLICATES = 0.01
#: A column follows the time when knowing a unit of the calendar gives its value in so many rows.
CALENDAR_SHARE = 0.75
#: A number follows the time when their ranks agree so well, on so many rows at most and at least.
RISING, RISING_ROWS, MIN_RISING = 0.99, 5000, 50
#: Columns that drift get a finding each, the strongest first.
DRIFT_FINDINGS = 10
_MICROS = 1_000_000


def timeline(
    look: Look,
    time_column: str,
    target: TargetValues | str | None = None,
    group: str | None = None,
    *,
    now: float | None = None,
) -> tuple[Timeline | None, list[Finding]]:
    """Return the data along its time column and what is worth knowing of it; None for a column without values.

    Parameters
    ----------
    now
        Seconds since 1970 after which a row lies in the future; by default the clock.

    Raises
    ------
    TimeColumnNotParseableError
        When the column does not hold times.
    """
    times = read_times(look, time_column)
    finite = np.sort(times[np.isfinite(times)])
    if not len(finite):
        return None, []
    if isinstance(target, str):
        from ..target.associations import read_target

        target = read_target(look, target)
    periods = cut_time(times)
    where = periods.of(times)
    step, gaps = find_gaps(finite)
    moment = (clock.time() if now is None else now) * _MICROS
    line = Timeline(
        column=time_column,
        start=time_text(finite[0]),
        end=time_text(finite[-1]),
        step=step,
        rows=len(finite),
        gaps=gaps,
        duplicates=count_duplicates(times, look.column(group, "group") if group is not None else None),
        future=int(np.searchsorted(-finite[::-1], -moment, side="left")),
        periods=describe_periods(periods, where, target),
        drift=column_drift(look, {time_column, *([group] if group else [])}, where, periods),
    )
    for item in line.drift:
        item.follows_time = item.differs and _follows(look.columns[item.column], times)
    aim = target.record if target is not None else None
    return line, [*_time_findings(line, look, len(finite), group), *_drift_findings(line, aim)]


# -- gaps and repeated times -------------------------------------------------------------------------------------------


def find_gaps(ordered: FloatArray) -> tuple[float | None, list[Gap]]:
    """Return the usual step in seconds and the stretches without rows that are longer than usual, of ascending times."""
    distinct = np.unique(ordered)
    if len(distinct) < 3:
        return (float(distinct[1] - distinct[0]) / _MICROS if len(distinct) == 2 else None), []
    steps = np.diff(distinct)
    sizes, counts = np.unique(steps, return_counts=True)
    common = int(np.argmax(counts))
    regular = counts[common] >= len(steps) / 2
    # A sample of times at equal steps: neighbours were left out, so that the steps seen are multiples of the true one.
    thinned = common == 0 and bool(np.mean(steps % sizes[0] == 0) > MULTIPLES)
    step = float(sizes[common] if regular or thinned else np.median(steps))
    if len(distinct) < 10:
        return step / _MICROS, []
    usual = max(_usual_gap(distinct, steps), step)
    longer = np.flatnonzero(steps > usual * (GAP_REGULAR if regular else GAP_IRREGULAR))
    longest = sorted(longer[np.argsort(-steps[longer], kind="stable")][:KEPT_GAPS].tolist())
    gaps = [
        Gap(
            start=time_text(distinct[i]),
            end=time_text(distinct[i + 1]),
            steps=float(steps[i] / step - (1 if regular else 0)),
        )
        for i in longest
    ]
    return step / _MICROS, gaps


def _usual_gap(distinct: FloatArray, steps: FloatArray) -> float:
    """The longest gap that a stretch of the span usually has: nine of ten stretches have no longer one."""
    blocks = max(2, min(GAP_BLOCKS, len(distinct) // 10))
    where = np.minimum((np.arange(len(steps)) * blocks) // len(steps), blocks - 1)
    longest = np.zeros(blocks)
    np.maximum.at(longest, where, steps)
    return float(np.quantile(longest, 0.9, method="lower"))


def count_duplicates(times: FloatArray, group: Scanned | None) -> int:
    """Return the rows whose time another row has too, within the group where one is given."""
    present = np.isfinite(times)
    codes = None
    if group is not None:
        codes = group.values if group.values is not None else group.codes
    if codes is not None:  # a row without a group is a group of its own
        present &= np.isfinite(codes) if codes.dtype.kind == "f" else codes >= 0
    keys = [times[present]] if codes is None else [times[present], codes[present]]
    order = np.lexsort(keys)
    if len(order) < 2:
        return 0
    same = np.ones(len(order) - 1, dtype=bool)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    repeated = np.zeros(len(order), dtype=bool)
    repeated[1:] |= same
    repeated[:-1] |= same
    return int(repeated.sum())


def _follows(scanned: Scanned, times: FloatArray) -> bool:
    """Whether a column's value is given by a unit of the calendar: a month, a weekday, an hour, a date."""
    values = scanned.values if scanned.values is not None else scanned.codes
    if values is None:
        return False
    present = np.isfinite(times) & (np.isfinite(values) if scanned.values is not None else values >= 0)
    if scanned.values is not None and _rises(scanned.values[present][:RISING_ROWS], times[present][:RISING_ROWS]):
        return True
    uniques, codes = np.unique(values[present], return_inverse=True)
    if not 2 <= len(uniques) <= 400:
        return False
    moment = times[present].astype(np.int64).astype("datetime64[us]")
    day = moment.astype("datetime64[D]")
    month = moment.astype("datetime64[M]")
    hours = moment.astype("datetime64[h]")
    units = {
        "year": moment.astype("datetime64[Y]").astype(np.int64),
        "month": month.astype(np.int64),
        "month of the year": month.astype(np.int64) % 12,
        "day": day.astype(np.int64),
        "day of the month": (day - month).astype(np.int64),
        "weekday": (day.astype(np.int64) + 3) % 7,
        "hour": (hours - day).astype(np.int64),
    }
    commonest = float(np.bincount(codes).max() / len(codes))
    for unit in units.values():
        _, where = np.unique(unit, return_inverse=True)
        width = len(uniques)
        if (where.max() + 1) * 5 > len(codes):
            continue  # few rows of each: their commonest value is most of them by chance
        table = np.bincount(where * width + codes, minlength=(int(where.max()) + 1) * width).reshape(-1, width)
        if table.max(axis=1).sum() / len(codes) >= max(CALENDAR_SHARE, commonest + 0.2):
            return True
    return False


def _rises(values: FloatArray, times: FloatArray) -> bool:
    """Whether a number counts the time: a running number, a reading that only grows."""
    return len(values) >= MIN_RISING and abs(spearman(values, times)) > RISING


# -- findings ----------------------------------------------------------------------------------------------------------


def _time_findings(line: Timeline, look: Look, rows: int, group: str | None) -> list[Finding]:
    name, found = line.column, []
    of_sample = "" if look.complete else f" in the sample of {look.size:,} rows"
    if line.gaps:
        longest = max(line.gaps, key=lambda gap: gap.steps)
        number = f"{len(line.gaps)} stretches" if len(line.gaps) > 1 else "A stretch"
        text = f"{number} of {name} without rows, longer than usual; the longest from {longest.start} to {longest.end}{of_sample}."
        hint = "Find out whether nothing happened or nothing was recorded; lags and rolling windows reach across a gap."
        found.append(
            finding("TIME_GAPS", "INFO", name, text, hint, gaps=len(line.gaps), start=longest.start, end=longest.end)
        )
    few = line.duplicates <= FEW_DUPLICATES * rows
    if line.duplicates and (group is not None or few):
        within = f" within one {group}" if group is not None else ""
        text = f"{line.duplicates:,} rows share their {name} with another row{within}{of_sample}."
        hint = "Keep one row for each time, or add the column that tells them apart."
        share = line.duplicates / rows
        severity: Severity = "WARNING" if group is not None and share >= MANY_DUPLICATES else "INFO"
        found.append(
            finding("TIME_DUPLICATES", severity, name, text, hint, rows=line.duplicates, share=share, group=group)
        )
    if line.future:
        text = f"{line.future:,} rows lie in the future (up to {line.end}){of_sample}."
        hint = "Planned events, or a wrong clock, zone or format? A model must not learn from them as if they had happened."
        found.append(finding("TIME_FUTURE", "WARNING", name, text, hint, rows=line.future, share=line.future / rows))
    return found


def _drift_findings(line: Timeline, target: Target | None) -> list[Finding]:
    found = []
    differing = [period for period in line.periods if period.differs]
    if target is not None and differing:
        found.append(_target_finding(line, differing, target))
    name = target.column if target is not None else None
    told = [item for item in line.drift if item.differs and not item.follows_time and item.column != name]
    return [*found, *(_column_finding(item, line) for item in told[:DRIFT_FINDINGS])]


def _target_finding(line: Timeline, differing: list[Period], target: Target) -> Finding:
    known = [period for period in line.periods if period.target is not None]
    overall = sum((p.target or 0.0) * p.rows for p in known) / max(1, sum(p.rows for p in known))
    furthest = sorted(differing, key=lambda period: -abs((period.target or 0.0) - overall))[:4]
    shares = target.task == "classification"

    def shown(value: float | None) -> str:
        return f"{value or 0.0:.1%}" if shares else f"{value or 0.0:.4g}"

    what = f"The share of {target.column} = {target.positive}" if shares else f"The mean of {target.column}"
    parts = [f"{shown(p.target)} in {p.label or p.start}" for p in sorted(furthest, key=lambda period: period.start)]
    text = f"{what} changes over {line.column}: {', '.join(parts)}, against {shown(overall)} on the whole."
    hint = "Judge the model on the latest period, not on rows drawn at random, and watch this figure after deployment."
    names = [p.label or p.start for p in differing]
    return finding("DRIFT", "WARNING", target.column, text, hint, other=line.column, overall=overall, periods=names)


def _column_finding(item: ColumnDrift, line: Timeline) -> Finding:
    names = [line.periods[i].label or line.periods[i].start for i in item.periods]
    worst = line.periods[item.worst].label or line.periods[item.worst].start
    shown = ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
    text = f"{item.column} changes over {line.column} (most in {worst}: PSI {item.psi:.2f}); it differs in {shown}."
    hint = "A model learned on the early rows meets other values later: validate forward in time."
    return finding(
        "DRIFT",
        "WARNING" if item.psi >= PSI_EFFECT else "INFO",
        item.column,
        text,
        hint,
        other=line.column,
        psi=item.psi,
        js=item.js,
        p_adjusted=item.p_adjusted,
        periods=names,
        worst=worst,
    )
