"""What is wrong with single columns, by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..records import ColumnProfile, Finding
from .kinds import Disguise, is_id
from .making import finding, in_rows

if TYPE_CHECKING:
    from ..scanning.column import Scanned

NEARLY_CONSTANT = 0.995
#: Percent.
HIGH_MISSING = 40.0
HIGH_CARDINALITY = 50
SKEWED = 3.0
#: Percent of zeros, in a column of more than so many different values.
ZERO_INFLATED, ZERO_LEVELS = 50.0, 10
OUTLIER_SHARE = 0.05
#: Median absolute deviations from the median beyond which the largest value is told, when few are like it.
FAR, FEW = 20.0, 0.01
#: A level with fewer rows is rare; told from so many of them on, when they have this share of at least so many rows.
RARE_ROWS, RARE_LEVELS, RARE_SHARE, RARE_FROM = 10, 5, 0.01, 200


def column_findings(
    column: ColumnProfile, sampled: Scanned | None, rows: int, *, hidden: Disguise | None = None, target: bool = False
) -> Iterator[Finding]:
    """Yield the findings about one column: its figures over all ``rows``, its values in the sample, and what its type hides."""
    name = column.column_name
    if rows and column.count == 0:
        yield finding("ALL_MISSING", "WARNING", name, f"{name} has no values at all.", "Drop it.")
        return
    if column.percent_null > HIGH_MISSING and not target:
        text = f"{column.percent_null:.1f} % of {name} is missing."
        hint = "Ask why before filling it: that it is missing may itself be the signal."
        yield finding("HIGH_MISSING", "WARNING", name, text, hint, percent=column.percent_null)
    if rows > 1 and column.distinct_count == 1 and column.basis.get("distinct_count") != "bound":
        if not target:
            shown = _only_value(column)
            missing = " where it is not missing" if column.num_nulls else ""
            text = f"{name} is always {shown}{missing}." if shown else f"{name} always has the same value{missing}."
            yield finding("CONSTANT", "WARNING", name, text, "Drop it: it cannot help a model.")
        return
    if column.masked:
        hidden = None
    if not target:
        yield from _shape_findings(column)
        if hidden is None or hidden.code in ("BOOL_TEXT", "CODE_AS_FLOAT"):  # dates and numbers have no levels
            yield from _level_findings(column, sampled, rows)
    if hidden is not None:
        yield _disguise_finding(name, hidden)


def _only_value(column: ColumnProfile) -> str | None:
    if column.masked:
        return None
    return column.frequent_items[0].item if column.frequent_items else None if column.min is None else str(column.min)


def _shape_findings(column: ColumnProfile) -> Iterator[Finding]:
    name, top = column.column_name, column.frequent_items[0] if column.frequent_items else None
    if top is not None and column.count and top.count / column.count > NEARLY_CONSTANT:
        share = top.count / column.count
        text = f"{name} is {top.item} {in_rows(share)}."
        yield finding(
            "NEARLY_CONSTANT", "INFO", name, text, "It rarely says anything; check that it is filled.", share=share
        )
    if column.num_inf:
        text = f"{name} holds {column.num_inf:,} infinite values."
        hint = "Most models refuse them: replace them by missing."
        yield finding("INFINITE", "WARNING", name, text, hint, count=column.num_inf)
    if (column.percent_zeros or 0) > ZERO_INFLATED and (column.distinct_count or 0) > ZERO_LEVELS:
        text = f"{column.percent_zeros:.1f} % of {name} is zero."
        hint = "Zero and not zero may be two questions; check that 0 does not stand for missing."
        yield finding("ZERO_INFLATED", "INFO", name, text, hint, percent=column.percent_zeros)
    if not column.masked:
        yield from _tail_findings(column)


def _level_findings(column: ColumnProfile, sampled: Scanned | None, rows: int) -> Iterator[Finding]:
    name, distinct = column.column_name, column.distinct_count or 0
    if sampled is not None and is_id(_with(sampled, column), rows):
        text = f"{name} is different in (nearly) every row: it looks like an identifier."
        yield finding("ID_LIKE", "INFO", name, text, "Use it as a key, not as an input.", distinct=distinct)
        return
    if column.kind == "categorical" and distinct > HIGH_CARDINALITY:
        text = f"{name} has {distinct:,} different values."
        hint = "One column per value is too many: encode by target mean or frequency, or use a tree model's own categories."
        yield finding("HIGH_CARDINALITY", "INFO", name, text, hint, distinct=distinct)
    if column.kind == "categorical" and sampled is not None and sampled.codes is not None:
        counts = np.bincount(sampled.codes[sampled.codes >= 0])
        counts = counts[counts > 0]
        rare = counts[counts < RARE_ROWS]
        share = float(rare.sum() / max(1, counts.sum()))
        if counts.sum() >= RARE_FROM and len(rare) >= RARE_LEVELS and share >= RARE_SHARE:
            text = f"{len(rare):,} of the {len(counts):,} levels of {name} have fewer than {RARE_ROWS} rows ({share:.1%} of the rows)."
            hint = (
                "A model learns nothing of them, and a test may hold levels that training never saw: put them together."
            )
            yield finding("RARE_LEVELS", "INFO", name, text, hint, levels=len(rare), share=share)


def _with(sampled: Scanned, column: ColumnProfile) -> Scanned:
    from dataclasses import replace

    return replace(sampled, profile=column)


def _tail_findings(column: ColumnProfile) -> Iterator[Finding]:
    """A long tail is skewness; a few values far away from all others are outliers, though they make the skewness large too."""
    name, outliers = column.column_name, column.outliers
    far = _far(column)
    if far is not None:
        value, times, count = far
        text = f"{name} reaches {value:,.6g}, {times:,.0f} median deviations from its median; {count:,} rows lie far from the rest."
        hint = "A wrong unit, a code for missing, or real? Look at these rows before you cut them."
        yield finding("OUTLIERS", "INFO", name, text, hint, value=value, deviations=times, rows=count)
        return
    one_sign = column.num_negative in (0, column.count)
    if (
        column.skew is not None
        and abs(column.skew) > SKEWED
        and one_sign
        and (column.distinct_count or 0) > ZERO_LEVELS
    ):
        text = f"{name} is strongly skewed (skewness {column.skew:.1f})."
        yield finding(
            "SKEWED", "INFO", name, text, "A logarithm helps linear models; trees do not care.", skew=column.skew
        )
    if outliers is not None and outliers.share > OUTLIER_SHARE:
        text = f"{outliers.share:.1%} of {name} lies outside 1.5 interquartile ranges."
        yield finding("OUTLIERS", "INFO", name, text, "Look at the extremes before you cut them.", share=outliers.share)


def _far(column: ColumnProfile) -> tuple[float, float, int] | None:
    """The value furthest from the median, in median deviations, and how many rows are beyond six of them; None when many are."""
    outliers = column.outliers
    if outliers is None or outliers.mad_low is None or outliers.mad_high is None or not outliers.mad_count:
        return None
    deviation, centre = (outliers.mad_high - outliers.mad_low) / 12, (outliers.mad_high + outliers.mad_low) / 2
    ends = [value for value in (column.min, column.max) if isinstance(value, int | float)]
    if deviation <= 0 or not ends or (outliers.mad_share or 0) >= FEW:
        return None
    value = max(ends, key=lambda end: abs(end - centre))
    times = abs(value - centre) / deviation
    return (float(value), times, outliers.mad_count) if times > FAR else None


_DISGUISED = {
    "NUMERIC_TEXT": ("{name} is text but holds numbers ({examples}).", "Convert it, unless it is a code."),
    "DATE_TEXT": (
        "{name} is text but holds dates ({examples}).",
        "Convert it: as text it has no order and no distance.",
    ),
    "BOOL_TEXT": ("{name} is text but means true or false ({examples}).", "Convert it to a boolean."),
    "CODE_AS_FLOAT": (
        "{name} holds only whole numbers stored as floats ({examples}, …).",
        "Counts become Int64; codes become a category, for their order and distance mean nothing.",
    ),
}


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"


def _disguise_finding(name: str, hidden: Disguise) -> Finding:
    text, hint = _DISGUISED[hidden.code]
    examples = ", ".join(_short(value) for value in hidden.examples[:3])
    message = text.format(name=name, examples=examples)
    if hidden.others:
        message += f" {', '.join(repr(word) for word in hidden.others[:3])} seems to stand for missing."
    if hidden.how.get("ambiguous"):
        hint += " Nothing tells the day from the month: check the format."
    severe = hidden.code in ("NUMERIC_TEXT", "DATE_TEXT")
    made = finding(hidden.code, "WARNING" if severe else "INFO", name, message, hint)
    made.evidence = {**hidden.how, "missing": hidden.others}
    return made
