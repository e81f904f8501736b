"""Profiles and comparisons as text: one line a column and the findings, as wide as the terminal."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

from .words import number, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..records import ColumnProfile, Finding, Profile
    from ..records_compare import ColumnDifference, Comparison

_BLOCKS = " ▁▂▃▄▅▆▇█"
_MARK = {"BLOCKED": "✖", "WARNING": "!", "INFO": "·"}
SPARK_WIDTH = 12


def render_text(profile: Profile, width: int = 100) -> str:
    """Return the profile for a terminal of ``width`` characters."""
    source = profile.source
    version = f" v{source.version}" if source.version is not None else ""
    lines = [
        f"{source.name}{version}: {profile.rows:,} rows × {len(profile.columns)} columns, "
        f"{profile.missing_cells:,} cells missing, {profile.duplicate_rows or 0:,} duplicate rows, {profile.timing.seconds:.1f} s"
    ]
    if not profile.complete:
        lines.append(f"First page, from a sample of {profile.sample_rows:,} rows; figures are estimates.")
    if profile.holdout is not None and profile.holdout.note:
        lines.append(profile.holdout.note)
    lines += _findings(profile.findings)
    if profile.target is not None and profile.ranking:
        best = ", ".join(f"{c.column_name} {c.association.value:.3f}" for c in profile.ranking[:6] if c.association)
        lines.append(f"predicts {profile.target.column}: {best}")
    if profile.timeline is not None:
        moving = [drift.column for drift in profile.timeline.drift if drift.differs]
        changes = f"; changes: {', '.join(moving[:6])}" if moving else ""
        lines.append(f"along {profile.timeline.column}: {profile.timeline.start} to {profile.timeline.end}{changes}")
    name_width = _widest(column.column_name for column in profile.columns)
    lines += [_line(column, name_width) for column in profile.columns]
    return "\n".join(_cut(line, width) for line in lines)


def render_comparison_text(comparison: Comparison, width: int = 100) -> str:
    """Return the comparison for a terminal of ``width`` characters."""
    left, right = comparison.left, comparison.right
    differing = sum(column.verdict == "differs" for column in comparison.columns)
    lines = [
        f"{left.name} ({left.rows:,} rows) against {right.name} ({right.rows:,} rows): "
        f"{differing:,} of {len(comparison.columns):,} columns differ, {comparison.timing.seconds:.1f} s"
    ]
    schema = comparison.schema_
    for names, words in ((schema.added, "only on the right"), (schema.removed, "only on the left")):
        if names:
            lines.append(f"{words}: {', '.join(names)}")
    lines += [f"other type: {name}, {before} and {after}" for name, before, after in schema.retyped]
    lines += _findings(comparison.findings)
    if comparison.separability is not None:
        lines.append(f"a classifier tells them apart with an AUC of {comparison.separability.auc:.3f}")
    name_width = _widest(column.column for column in comparison.columns)
    lines += [_difference(column, name_width) for column in comparison.columns]
    return "\n".join(_cut(line, width) for line in lines)


def _findings(findings: Sequence[Finding]) -> list[str]:
    return [f" {_MARK[item.severity]} {item.code}: {item.message}" for item in findings if item.state == "open"]


def _difference(column: ColumnDifference, name_width: int) -> str:
    mark = {"differs": "!", "same": " ", "unknown": "?"}[column.verdict]
    index = f"{column.psi:.3f}" if column.psi is not None else "–"
    bars = f"{_sparkline(column.left):<{SPARK_WIDTH}} {_sparkline(column.right):<{SPARK_WIDTH}}"
    return (
        f"{mark} {_cut(column.column, name_width):<{name_width}}  {index:>6}  {bars} {column.words or column.verdict}"
    )


def _line(column: ColumnProfile, name_width: int) -> str:
    counts = column.histogram.counts if column.histogram else [item.count for item in column.frequent_items]
    missing = unescape(percent(column.percent_null)) + " missing" if column.num_nulls else ""
    if column.masked:
        values = "personal data, values not shown"
    elif column.median is not None:
        values = " … ".join(unescape(number(value)) for value in (column.min, column.median, column.max))
    else:
        values = ", ".join(item.item for item in column.frequent_items[:3])
    distinct = f"{column.distinct_count:,} distinct" if column.distinct_count is not None else ""
    return (
        f"{_cut(column.column_name, name_width):<{name_width}}  {column.kind:<11} {_sparkline(counts):<{SPARK_WIDTH}} "
        f"{distinct:<17} {missing:<15} {values}"
    )


def _widest(names: Iterable[str]) -> int:
    return min(24, max((len(name) for name in names), default=4))


def _sparkline(counts: Sequence[float]) -> str:
    size = -(-len(counts) // SPARK_WIDTH) or 1
    merged = [sum(counts[i : i + size]) for i in range(0, len(counts), size)]
    highest = max(merged, default=0)
    return "".join(_BLOCKS[min(8, int(-(-8 * count // highest)))] for count in merged) if highest else ""


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split("\n")).rstrip()
    return text if len(text) <= width else text[: width - 1] + "…"
