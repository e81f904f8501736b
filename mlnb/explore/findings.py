"""What is wrong with a table, as short findings with a plain sentence and advice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .records import ColumnProfile, Correlation, Finding, Target
from .scan import Scanned

if TYPE_CHECKING:
    import pyarrow as pa

NEARLY_CONSTANT = 0.995
HIGH_MISSING = 40.0
ID_SHARE = 98.0
HIGH_CARDINALITY = 50
SKEWED = 3.0
ZERO_INFLATED = 50.0
IMBALANCE = 0.05
CORRELATED = 0.95
SMALL_DATA = 200
#: Distinct text values looked at to tell numbers, dates and booleans in disguise.
TEXT_PROBE = 200

_NUMBER = re.compile(r"\s*[+-]?(?!0\d)(\d+|\d{1,3}(,\d{3})+)(\.\d*)?([eE][+-]?\d+)?\s*")
_DATE = re.compile(
    r"\s*\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\s*|\s*\d{1,2}[./]\d{1,2}[./]\d{4}\s*"
)
_BOOLEAN = {"true", "false", "yes", "no", "y", "n", "t", "f"}


def column_findings(scanned: Scanned, rows: int) -> Iterator[Finding]:
    """Yield the findings about one column by itself."""
    column = scanned.profile
    name = column.column_name
    if rows and column.count == 0:
        yield _finding("ALL_MISSING", "WARNING", name, f"{name} has no values at all.", "Drop it.")
        return
    if column.percent_null > HIGH_MISSING:
        yield _finding(
            "HIGH_MISSING",
            "WARNING",
            name,
            f"{column.percent_null:.1f} % of {name} is missing.",
            "Ask why before filling it: that it is missing may itself be the signal.",
            percent=column.percent_null,
        )
    if rows > 1 and column.distinct_count == 1:
        shown = column.frequent_items[0].item if column.frequent_items else column.min
        yield _finding("CONSTANT", "WARNING", name, f"{name} is always {shown}.", "Drop it: it cannot help a model.")
        return
    yield from _shape_findings(column, rows)
    yield from _text_findings(scanned)


def _shape_findings(column: ColumnProfile, rows: int) -> Iterator[Finding]:
    name, top = column.column_name, column.frequent_items[0] if column.frequent_items else None
    if top is not None and column.count and top.count / column.count > NEARLY_CONSTANT:
        share = top.count / column.count
        text = f"{name} is {top.item} in {share:.2%} of its rows."
        yield _finding(
            "NEARLY_CONSTANT", "INFO", name, text, "It rarely says anything; check that it is filled.", share=share
        )
    if _is_id(column, rows):
        text = f"{name} is different in (nearly) every row: it looks like an identifier."
        yield _finding(
            "ID_LIKE", "INFO", name, text, "Use it as a key, not as an input.", distinct=column.distinct_count
        )
    elif column.kind == "categorical" and (column.distinct_count or 0) > HIGH_CARDINALITY:
        text = f"{name} has {column.distinct_count:,} different values."
        hint = "One column per value is too many: encode by frequency or target mean, or use a tree model's own categories."
        yield _finding("HIGH_CARDINALITY", "INFO", name, text, hint, distinct=column.distinct_count)
    if column.num_inf:
        text = f"{name} holds {column.num_inf:,} infinite values."
        yield _finding(
            "INFINITE", "WARNING", name, text, "Most models refuse them: replace them by missing.", count=column.num_inf
        )
    if (
        column.skew is not None
        and abs(column.skew) > SKEWED
        and (column.num_negative == 0 or column.num_negative == column.count)
    ):
        text = f"{name} is strongly skewed (skewness {column.skew:.1f})."
        yield _finding(
            "SKEWED", "INFO", name, text, "A logarithm helps linear models; trees do not care.", skew=column.skew
        )
    if (column.percent_zeros or 0) > ZERO_INFLATED and (column.distinct_count or 0) > 10:
        text = f"{column.percent_zeros:.1f} % of {name} is zero."
        hint = "Zero and not zero may be two questions; check that 0 does not stand for missing."
        yield _finding("ZERO_INFLATED", "INFO", name, text, hint, percent=column.percent_zeros)
    if column.outliers is not None and column.outliers.share > 0.05:
        text = f"{column.outliers.share:.1%} of {name} lies outside 1.5 interquartile ranges."
        yield _finding(
            "OUTLIERS", "INFO", name, text, "Look at the extremes before you cut them.", share=column.outliers.share
        )


def _is_id(column: ColumnProfile, rows: int) -> bool:
    """Only text and whole numbers: floats and times are almost always unique."""
    whole = column.data_type in ("bigint", "int", "smallint") or column.data_type.startswith("uint")
    text = column.kind in ("text", "categorical") and (column.avg_length or 0) <= 64
    return rows >= 50 and (whole or text) and (column.percent_distinct or 0) >= ID_SHARE


def _text_findings(scanned: Scanned) -> Iterator[Finding]:
    column, levels = scanned.profile, scanned.levels
    if column.kind not in ("categorical", "text") or levels is None or scanned.codes is None or len(levels) < 2:
        return
    step = max(1, len(levels) // TEXT_PROBE)
    probe = [levels[i] for i in range(0, len(levels), step)][:TEXT_PROBE]
    name = column.column_name
    if all(_NUMBER.fullmatch(text) for text in probe):
        text = f"{name} is text but holds numbers ({probe[0]}, {probe[1]})."
        yield _finding("NUMERIC_TEXT", "WARNING", name, text, "Convert it, unless it is a code.")
    elif all(_DATE.fullmatch(text) for text in probe):
        text = f"{name} is text but holds dates ({probe[0]})."
        yield _finding(
            "DATE_TEXT", "WARNING", name, text, "Convert it with pandas.to_datetime or CAST(… AS TIMESTAMP)."
        )
    elif len(levels) <= 4 and {text.casefold() for text in probe} <= _BOOLEAN:
        text = f"{name} is text but means true or false ({', '.join(probe)})."
        yield _finding("BOOL_TEXT", "INFO", name, text, "Convert it to a boolean.")


def table_findings(
    rows: int, duplicates: int | None, mixed: dict[str, list[str]], correlations: list[Correlation]
) -> Iterator[Finding]:
    """Yield the findings about the table as a whole."""
    if 0 < rows < SMALL_DATA:
        text = f"There are only {rows:,} rows."
        yield _finding("SMALL_DATA", "INFO", None, text, "Every figure here is rough; prefer simple models.", rows=rows)
    if duplicates:
        text = f"{duplicates:,} rows ({duplicates / rows:.1%}) repeat another row exactly."
        yield _finding(
            "DUPLICATE_ROWS",
            "WARNING",
            None,
            text,
            "Drop them, unless a repeat is an event of its own.",
            rows=duplicates,
        )
    for name, types in mixed.items():
        text = f"{name} mixes Python types: {', '.join(types)}."
        yield _finding("MIXED_TYPES", "WARNING", name, text, "Convert it to one type.", types=types)
    for pair in correlations:
        strength = abs(pair.value)
        if strength > CORRELATED:
            text = f"{pair.left} and {pair.right} say nearly the same (correlation {strength:.3f})."
            finding = _finding(
                "CORRELATED", "INFO", pair.left, text, "One of them is enough for a linear model.", value=strength
            )
            finding.other = pair.right
            yield finding


def target_findings(target: Target | None, name: str, column: ColumnProfile) -> Iterator[Finding]:
    """Yield the findings about the target."""
    if target is None:
        text = f"The target {name} has fewer than two different values."
        yield _finding("TARGET_CONSTANT", "WARNING", name, text, "There is nothing to predict; check how it was made.")
        return
    if column.num_nulls:
        text = f"{column.num_nulls:,} rows ({column.percent_null:.1f} %) have no {name}; they are left out of what follows."
        hint = "Find out why: rows without an outcome are seldom a random part."
        yield _finding("TARGET_MISSING", "INFO", name, text, hint, rows=column.num_nulls)
    if target.task == "classification" and len(target.classes) == 2:
        rare = target.classes[-1]
        share = rare.count / target.rows
        if share < IMBALANCE:
            text = f"Only {share:.2%} of the rows have {name} = {rare.item}."
            hint = "Accuracy says little then: judge by precision, recall or average precision, and stratify splits."
            yield _finding("IMBALANCE", "WARNING", name, text, hint, share=share)


def duplicate_columns(table: pa.Table, columns: list[Scanned]) -> dict[str, str]:
    """Columns that equal an earlier one in every row, found by their figures first and then by comparison."""
    groups: dict[object, list[Scanned]] = {}
    for scanned in columns:
        p = scanned.profile
        if p.kind == "other" or p.count == 0 or p.distinct_count == 1:
            continue
        top = (p.frequent_items[0].item, p.frequent_items[0].count) if p.frequent_items else None
        groups.setdefault(
            (p.kind in ("numeric", "datetime"), p.num_nulls, p.distinct_count, str(p.min), str(p.max), top), []
        ).append(scanned)
    same: dict[str, str] = {}
    for group in groups.values():
        for position, right in enumerate(group):
            for left in group[:position]:
                if left.profile.column_name not in same and _equal(left, right, table):
                    same[right.profile.column_name] = left.profile.column_name
                    break
    return same


def _equal(left: Scanned, right: Scanned, table: pa.Table) -> bool:
    if left.values is not None and right.values is not None:
        return bool(np.array_equal(left.values, right.values, equal_nan=True))
    first, second = (table[item.profile.column_name] for item in (left, right))
    return bool(first.type == second.type and first.equals(second))


def duplicate_column_finding(name: str, other: str) -> Finding:
    """Return the finding for a column that repeats ``other``."""
    finding = _finding("DUPLICATE_COLUMN", "WARNING", name, f"{name} equals {other} in every row.", f"Drop {name}.")
    finding.other = other
    return finding


def _finding(code: str, severity: str, column: str | None, message: str, hint: str, **evidence: object) -> Finding:
    return Finding.model_validate(
        {"code": code, "severity": severity, "column": column, "message": message, "hint": hint, "evidence": evidence}
    )
