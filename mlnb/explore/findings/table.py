"""What is wrong with a table as a whole: its size, repeated rows and columns, pairs of columns, the target."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..records import ColumnProfile, Correlation, Finding, Profile, Severity, Target
from .making import finding

if TYPE_CHECKING:
    import pyarrow as pa

    from ..look import Look

SMALL_DATA = 200
#: Fewer rows for each column are too few for most models, in a table of so many columns.
WIDE_ROWS, WIDE_COLUMNS = 5, 20
IMBALANCE = 0.05
CORRELATED = 0.95
#: Repeated rows are a warning from this share on.
MANY_DUPLICATES = 0.01
#: Groups of columns that are missing together are told from this agreement and number of columns on.
TOGETHER, TOGETHER_COLUMNS = 0.9, 3
#: Pairs and groups told, the strongest first.
MOST_PAIRS, MOST_GROUPS = 10, 3


def table_findings(profile: Profile, look: Look) -> Iterator[Finding]:
    """Yield the findings about the table."""
    rows, width = profile.rows, len(profile.columns)
    if 0 < rows < SMALL_DATA:
        text = f"There are only {rows:,} rows."
        yield finding("SMALL_DATA", "INFO", None, text, "Every figure here is rough; prefer simple models.", rows=rows)
    if rows and width >= WIDE_COLUMNS and rows < WIDE_ROWS * width:
        severity: Severity = "WARNING" if rows < width else "INFO"
        text = f"{width:,} columns stand against {rows:,} rows."
        hint = "A model can learn the rows by heart: choose columns first, or regularise strongly."
        yield finding("WIDE", severity, None, text, hint, rows=rows, columns=width)
    yield from _duplicate_rows(profile)
    for name, types in look.mixed.items():
        text = f"{name} mixes Python types: {', '.join(types)}."
        yield finding("MIXED_TYPES", "WARNING", name, text, "Convert it to one type.", types=types)
    yield from _together(profile)


def _together(profile: Profile) -> Iterator[Finding]:
    if profile.missing_together is not None:
        told = [
            g for g in profile.missing_together.groups if len(g.columns) >= TOGETHER_COLUMNS and g.agreement >= TOGETHER
        ]
        for group in told[:MOST_GROUPS]:
            names = ", ".join(group.columns[:4]) + (" …" if len(group.columns) > 4 else "")
            text = f"{len(group.columns)} columns are missing in the same rows ({group.rows:,} of {profile.missing_together.rows:,}): {names}."
            hint = "They seem to come from one source; one column saying that it was missing stands for all."
            yield finding(
                "MISSING_TOGETHER", "INFO", group.columns[0], text, hint, columns=group.columns, rows=group.rows
            )


def _duplicate_rows(profile: Profile) -> Iterator[Finding]:
    repeated = profile.duplicates
    if repeated is None or not repeated.rows or not profile.rows:
        return
    about = "" if repeated.basis == "exact" else "about "
    what = "row repeats" if repeated.rows == 1 else "rows repeat"
    text = f"{about}{repeated.rows:,} {what} another row exactly ({repeated.share:.1%})."
    text = text[0].upper() + text[1:]
    severity: Severity = "WARNING" if repeated.share >= MANY_DUPLICATES and not _must_repeat(profile) else "INFO"
    hint = "Drop them, unless a repeat is an event of its own."
    yield finding("DUPLICATE_ROWS", severity, None, text, hint, rows=repeated.rows, share=repeated.share)


def _must_repeat(profile: Profile) -> bool:
    """Whether there are fewer possible rows than rows: then repeats mean nothing."""
    possible = 1.0
    for column in profile.columns:
        possible *= max(1, column.distinct_count or 2**31)
        if possible > profile.rows:
            return False
    return True


def future_findings(profile: Profile, now: float | None = None) -> Iterator[Finding]:
    """Yield the finding that the time column reaches beyond now, from its exact maximum: a sample may miss the few rows that do."""
    name = profile.time_column
    column = next((item for item in profile.columns if item.column_name == name), None)
    if name is None or column is None or column.kind != "datetime" or not isinstance(column.max, str):
        return
    moment = np.datetime64(int((clock.time() if now is None else now) * 1000), "ms")
    if np.datetime64(column.max.replace(" ", "T"), "ms") > moment:
        hint = "Planned events, or a wrong clock, zone or format? A model must not learn from them as if they had happened."
        yield finding(
            "TIME_FUTURE", "WARNING", name, f"{name} reaches into the future ({column.max}).", hint, end=column.max
        )


def pair_findings(pairs: Sequence[Correlation], power: dict[str, float]) -> Iterator[Finding]:
    """Yield the findings about pairs of columns that say nearly the same; ``power`` is what each predicts of the target."""
    strong = _linking([pair for pair in pairs if abs(pair.value) > CORRELATED])
    words = {"cramers_v": "Cramér's V", "correlation_ratio": "correlation ratio"}
    for pair in strong[:MOST_PAIRS]:
        what = f"{words.get(pair.measure, 'correlation')} {pair.value:.3f}"
        text = f"{pair.left} and {pair.right} say nearly the same ({what})."
        hint = "One of them is enough for a linear model, and importances are shared between them."
        weaker = pair.left if power.get(pair.left, 0.0) < power.get(pair.right, 0.0) else pair.right
        yield finding("CORRELATED", "INFO", pair.left, text, hint, other=pair.right, value=pair.value, weaker=weaker)


def _linking(pairs: Sequence[Correlation]) -> list[Correlation]:
    """The pairs that link columns not linked before: of ten that say the same, nine pairs and not forty-five."""
    group: dict[str, str] = {}

    def head(name: str) -> str:
        while group.get(name, name) != name:
            name = group[name]
        return name

    kept = []
    for pair in pairs:
        left, right = head(pair.left), head(pair.right)
        if left != right:
            group[right] = left
            kept.append(pair)
    return kept


def target_findings(target: Target | None, name: str, column: ColumnProfile) -> Iterator[Finding]:
    """Yield the findings about the target."""
    if target is None:
        text = f"The target {name} has fewer than two different values."
        yield finding("TARGET_CONSTANT", "WARNING", name, text, "There is nothing to predict; check how it was made.")
        return
    if column.num_nulls:
        text = f"{column.num_nulls:,} rows ({column.percent_null:.1f} %) have no {name}; they are left out of what follows."
        hint = "Find out why: rows without an outcome are seldom a random part."
        yield finding("TARGET_MISSING", "INFO", name, text, hint, rows=column.num_nulls, percent=column.percent_null)
    if target.task == "classification" and len(target.classes) >= 2:
        rare = min(target.classes, key=lambda item: item.count)
        share = rare.count / max(1, sum(item.count for item in target.classes))
        if share < IMBALANCE and len(target.classes) <= 20:
            text = f"Only {share:.2%} of the rows have {name} = {rare.item}."
            hint = "Accuracy says little then: judge by precision, recall or average precision, and stratify splits."
            yield finding("IMBALANCE", "WARNING", name, text, hint, share=share, task=target.task)


# -- columns that repeat another one -----------------------------------------------------------------------------------


def duplicate_columns(profile: Profile, look: Look) -> dict[str, str]:
    """Columns that equal an earlier one in every row: in their figures over all rows, then value by value in the sample."""
    groups: dict[object, list[ColumnProfile]] = {}
    for column in profile.columns:
        if (
            column.kind == "other"
            or column.count == 0
            or column.distinct_count == 1
            or column.column_name not in look.columns
        ):
            continue
        top = (column.frequent_items[0].item, column.frequent_items[0].count) if column.frequent_items else None
        figures = (column.num_nulls, str(column.min), str(column.max), _about(column.avg), column.num_zeros, top)
        groups.setdefault((column.kind in ("numeric", "datetime"), *figures), []).append(column)
    same: dict[str, str] = {}
    for group in groups.values():
        for place, right in enumerate(group):
            for left in group[:place]:
                if left.column_name not in same and _equal(left.column_name, right.column_name, look):
                    same[right.column_name] = left.column_name
                    break
    return same


def _equal(left: str, right: str, look: Look) -> bool:
    first, second = look.columns[left], look.columns[right]
    if first.values is not None and second.values is not None:
        return bool(np.array_equal(first.values, second.values, equal_nan=True))
    first_rows, second_rows = (_plain_text(look.table[name]) for name in (left, right))
    return bool(first_rows.type == second_rows.type and first_rows.equals(second_rows))


def _about(value: float | str | None) -> str:
    """A mean without its last digits: whole numbers and floats are added up in different ways."""
    return f"{value:.9g}" if isinstance(value, int | float) else str(value)


def _plain_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text stored in any way, as plain text."""
    import pyarrow as pa

    text = (pa.types.is_dictionary, pa.types.is_large_string, pa.types.is_string_view)
    return column.cast(pa.string()) if any(test(column.type) for test in text) else column


def duplicate_column_findings(same: dict[str, str], look: Look, target: str | None) -> Iterator[Finding]:
    """Yield one finding per repeated column. A copy of the target is a leak and said there."""
    for name, other in same.items():
        if target in (name, other):
            continue
        where = (
            "in every row" if look.complete else f"in all of {look.size:,} rows drawn, and in its figures over all rows"
        )
        text, hint = (
            f"{name} equals {other} {where}.",
            f"Drop {name}: the same information twice distorts distances and importances.",
        )
        yield finding("DUPLICATE_COLUMN", "WARNING", name, text, hint, other=other)
