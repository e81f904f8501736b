"""How a page writes figures, names and how sure a figure is. Everything that came from data is escaped here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

Json = dict[str, Any]

#: Characters of a name or a value that are shown; a longer one is cut, its beginning stays in the tooltip.
NAME = 60
VALUE = 40
TOOLTIP = 160


def e(value: object) -> str:
    """Escape text from data."""
    return escape(str(value), quote=True)


def cut(value: object, length: int = VALUE) -> str:
    """Escape text from data, and cut it at ``length`` characters."""
    text = str(value)
    return e(text if len(text) <= length else text[: length - 1] + "…")


def named(name: object, tag: str = "span", css: str = "n") -> str:
    """A column's name, whole in the tooltip where it is cut."""
    text = str(name)
    tip = f' title="{cut(text, TOOLTIP)}"' if len(text) > 25 else ""
    return f'<{tag} class="{css}"{tip}>{cut(text, NAME) or "(no name)"}</{tag}>'


def number(value: Any) -> str:
    """A figure for reading: four significant digits, thousands separated; times as they are."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return cut(value.removesuffix(" 00:00:00"))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        # Years, codes and times of day read badly with a separator.
        return f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e15 else f"{value:.4g}"


def percent(value: float) -> str:
    """A percentage that never rounds something to nothing."""
    if value in (0, 100):
        return f"{value:.0f} %"
    if value < 0.1:
        return "&lt; 0.1 %"
    return "&gt; 99.9 %" if value > 99.9 else f"{value:.1f} %"


def rate(value: float | None, share: bool) -> str:
    """The target's mean: a percentage for classes, a number otherwise."""
    if value is None:
        return "–"
    return percent(100 * value) if share else number(float(f"{value:.3g}"))


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def size(value: float) -> str:
    """Bytes for reading."""
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def seconds(value: float) -> str:
    """A length of time for reading: ``1 hour``, ``2.5 days``."""
    for unit, long in (("day", 86_400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0)):
        if value >= long:
            count = value / long
            text = f"{count:.0f}" if abs(count - round(count)) < 0.05 else f"{count:.1f}"
            return f"{text} {unit}" if text == "1" else f"{text} {unit}s"
    return f"{value:.3g} seconds"


def moment(micros: float, span: float = 0.0) -> str:
    """Microseconds since 1970 as a date, with the time of day where ``span`` (also microseconds) is under three days."""
    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    except (OverflowError, ValueError):
        return ""
    return f"{when:%Y-%m-%d}" if not 0 < span < 3 * 86_400e6 else f"{when:%Y-%m-%d %H:%M}"


def target_words(target: Json) -> str:
    """What is drawn along a column: the share of a class, or the mean."""
    if target["task"] == "classification":
        return f"share of {target['column']} = {target.get('positive')}"
    return f"mean of {target['column']}"


def unavailable_word(reason: str) -> str:
    """Why a column cannot be used when the model is asked, in a word or two: the whole reason stands in the tooltip."""
    if not reason.startswith("forbidden by"):
        return "known only afterwards"
    card = reason.removeprefix("forbidden by the scope card").strip()
    return f"forbidden by {cut(card, 24)}" if card else "forbidden by the scope card"


# -- how sure a figure is ----------------------------------------------------------------------------------------------


def basis_mark(column: Json, field: str, sample_rows: int) -> str:
    """The mark behind a figure that is not exact: ``≈`` within a stated bound, ``†`` from a sample; nothing for an exact one."""
    basis = (column.get("basis") or {}).get(field, "exact")
    if basis == "bound":
        return f'<abbr title="{_bound(column, field)}">≈</abbr>'
    if basis == "sample":
        return f'<abbr title="sample of {sample_rows:,} rows">†</abbr>'
    return ""


def _bound(column: Json, field: str) -> str:
    if field == "distinct_count" and column.get("distinct_error"):
        return f"within {200 * column['distinct_error']:.2g} % (two standard errors)"
    if column.get("bin_width") and column["kind"] != "datetime":
        return f"within {float(column['bin_width']):.3g}"
    if column.get("bin_width"):
        return f"within {seconds(column['bin_width'] / 1e6)}"
    return "within a stated bound"
