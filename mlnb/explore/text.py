"""The profile as text: one line a column, then the findings, as wide as the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .html import number, percent
from .svg import merge

if TYPE_CHECKING:
    from .records import ColumnProfile, Profile

_BLOCKS = " ▁▂▃▄▅▆▇█"
_MARK = {"BLOCKED": "✖", "WARNING": "!", "INFO": "·"}
SPARK_WIDTH = 12


def render_text(profile: Profile, width: int = 100) -> str:
    """Return the profile for a terminal of ``width`` characters."""
    source = profile.source
    version = f" v{source.version}" if source.version is not None else ""
    lines = [
        _cut(
            f"{source.name}{version}: {profile.rows:,} rows × {len(profile.columns)} columns, "
            f"{profile.missing_cells:,} cells missing, {profile.duplicate_rows or 0:,} duplicate rows, {profile.timing.seconds:.1f} s",
            width,
        )
    ]
    lines += [_cut(f" {_MARK[item.severity]} {item.code}: {item.message}", width) for item in profile.findings]
    if profile.target is not None and profile.ranking:
        best = ", ".join(f"{c.column_name} {c.association.value:.3f}" for c in profile.ranking[:6] if c.association)
        lines.append(_cut(f"predicts {profile.target.column}: {best}", width))
    name_width = min(24, max((len(c.column_name) for c in profile.columns), default=4))
    lines += [_line(column, name_width, width) for column in profile.columns]
    return "\n".join(lines)


def _line(column: ColumnProfile, name_width: int, width: int) -> str:
    counts = column.histogram.counts if column.histogram else [item.count for item in column.frequent_items]
    missing = percent(column.percent_null) + " missing" if column.num_nulls else ""
    if column.median is not None:
        values = " … ".join(_plain(value) for value in (column.min, column.median, column.max))
    else:
        values = ", ".join(item.item for item in column.frequent_items[:3])
    distinct = f"{column.distinct_count:,} distinct" if column.distinct_count is not None else ""
    return _cut(
        f"{_cut(column.column_name, name_width):<{name_width}}  {column.kind:<11} {_sparkline(counts):<{SPARK_WIDTH}} "
        f"{distinct:<17} {missing:<15} {values}",
        width,
    )


def _plain(value: float | str | None) -> str:
    from html import unescape

    return unescape(number(value))


def _sparkline(counts: list[int]) -> str:
    merged = merge(counts, SPARK_WIDTH)
    highest = max(merged, default=0)
    return "".join(_BLOCKS[-(-8 * count // highest)] for count in merged) if highest else ""


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split("\n")).rstrip()
    return text if len(text) <= width else text[: width - 1] + "…"
