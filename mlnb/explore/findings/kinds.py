"""What the values of a column mean beyond their type: numbers, dates and truth in text, codes stored as floats, ids, places, addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .dates import date_format, parse_numbers
from .personal import recognise
from .texts import texts_of

if TYPE_CHECKING:
    from ..look import Look
    from ..scanning.column import Scanned
    from .personal import Personal

#: Distinct values looked at.
PROBE = 500
#: Share of the values that must be numbers or dates; the rest may only be words for "missing".
PARSED = 0.95
#: Whole numbers stored as floats are codes with at most this many different values.
CODE_LEVELS = 50
#: Different in so many rows (percent): an identifier.
ID_PERCENT = 98.0
ID_ROWS = 50
ID_LENGTH = 64

#: What people write for a missing value.
PLACEHOLDERS = frozenset(
    {
        "",
        "-",
        "--",
        "?",
        ".",
        "n/a",
        "na",
        "nan",
        "null",
        "none",
        "nil",
        "missing",
        "unknown",
        "#n/a",
        "n.a.",
        "inf",
        "not available",
    }
)
_POINT = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)?(?:\.\d*)?(?:[eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?")
_LEADING_ZERO = re.compile(r"0\d+")
_UNIT = re.compile(r"(?P<before>[$€£¥]\s?)?[+-]?\d[\d.,]*(?P<after>\s?[%$€£¥])?")
_ZONE = re.compile(r":\d{2}(\.\d+)?\s?(Z|[+-]\d{2}(:?\d{2})?)$")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_URL = re.compile(r"(?:https?|ftp)://\S+", re.IGNORECASE)
_JSON = re.compile(r"\s*(?:\{.*\}|\[.*\])\s*", re.DOTALL)
_TRUTHS = [{"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"on", "off"}]
_LATITUDE = re.compile(r"(^|_)lat(itude)?($|_)", re.IGNORECASE)
_LONGITUDE = re.compile(r"(^|_)(lon|lng|long|longitude)($|_)", re.IGNORECASE)


@dataclass(frozen=True)
class Disguise:
    """A type that is not what it seems.

    Attributes
    ----------
    code
        ``NUMERIC_TEXT``, ``DATE_TEXT``, ``BOOL_TEXT`` or ``CODE_AS_FLOAT``.
    examples
        Some of the values.
    how
        What is needed to convert it: ``decimal`` and ``thousands`` signs, ``unit``, ``format``, the words for ``true``.
    others
        Words that stand for a missing value.
    """

    code: str
    examples: list[str]
    how: dict[str, Any] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


def disguises(look: Look) -> dict[str, Disguise]:
    """Return the columns whose type is not what it seems."""
    found = {name: disguise(scanned) for name, scanned in look.columns.items()}
    return {name: hidden for name, hidden in found.items() if hidden is not None}


def semantic(
    look: Look, personal: dict[str, Personal] | None = None, hidden: dict[str, Disguise] | None = None
) -> dict[str, str]:
    """Return what the values of the columns mean, where it can be told.

    One of ``email``, ``phone``, ``card``, ``iban``, ``ip``, ``uuid``, ``url``, ``json``, ``id``, ``number``, ``date``, ``boolean``, ``code``,
    ``year``, ``latitude``, ``longitude``.
    """
    known = recognise(look) if personal is None else personal
    disguised = disguises(look) if hidden is None else hidden
    found: dict[str, str] = {name: item.form for name, item in known.items()}
    names = {"NUMERIC_TEXT": "number", "DATE_TEXT": "date", "BOOL_TEXT": "boolean", "CODE_AS_FLOAT": "code"}
    for name, scanned in look.columns.items():
        if name in found:
            continue
        seeming = disguised.get(name)
        meaning = names[seeming.code] if seeming is not None else _of_texts(scanned) or _of_numbers(scanned)
        if meaning is not None:
            found[name] = meaning
        elif is_id(scanned, look.rows) and look.complete:
            found[name] = "id"
    return found


def is_id(scanned: Scanned, rows: int) -> bool:
    """Whether a column names rows: text or whole numbers that differ in (nearly) every row; floats and times almost always do."""
    column = scanned.profile
    whole = column.data_type in ("bigint", "int", "smallint") or column.data_type.startswith("uint")
    text = column.kind in ("text", "categorical") and (column.avg_length or 0) <= ID_LENGTH
    if column.basis.get("distinct_count", "exact") != "exact":
        return False
    return rows >= ID_ROWS and (whole or text) and (column.percent_distinct or 0) >= ID_PERCENT


def disguise(scanned: Scanned) -> Disguise | None:
    """Return how a column's type hides what it holds, or None."""
    if scanned.profile.kind in ("categorical", "text"):
        texts = texts_of(scanned, PROBE)
        return _text_disguise(texts) if len(texts) >= 2 else None
    if scanned.profile.data_type in ("double", "float") and scanned.values is not None:
        return _code_as_float(scanned)
    return None


def _text_disguise(texts: list[str]) -> Disguise | None:
    plain = [text.strip() for text in texts]
    others = sorted({text for text in plain if text.casefold() in PLACEHOLDERS})
    values = [text for text in plain if text.casefold() not in PLACEHOLDERS]
    if len(values) < 2:
        return None
    folded = {text.casefold() for text in values}
    truth = next((pair for pair in _TRUTHS if folded == pair), None)
    if truth is not None:
        yes = next(word for word in ("true", "yes", "y", "t", "on") if word in truth)
        return Disguise(
            "BOOL_TEXT", sorted(values)[:4], {"true": sorted(t for t in values if t.casefold() == yes)}, others
        )
    date = date_format(values, least=PARSED)
    if date is not None and len(values) >= 3:
        zoned = any(_ZONE.search(text) is not None for text in values)
        how = {"format": date.format, "ambiguous": date.ambiguous, "zoned": zoned}
        return Disguise("DATE_TEXT", values[:3], how, others)
    number = _number_format(values)
    if number is not None and sum(not _fits(text, number) for text in values) <= (1 - PARSED) * len(values):
        return Disguise("NUMERIC_TEXT", values[:3], number, others)
    return None


def _number_format(values: list[str]) -> dict[str, Any] | None:
    """Signs of the numbers: decimal point or comma, thousands, a currency or percent; None for codes with leading zeros."""
    if any(_LEADING_ZERO.fullmatch(text) for text in values):
        return None
    needed = PARSED * len(values)
    units = {match["before"] or match["after"] for text in values if (match := _UNIT.fullmatch(text)) is not None}
    unit = units.pop() if len(units) == 1 else None
    stripped = [text.replace(unit, "").strip() if unit else text for text in values]
    if sum(bool(text) and _is_point(text) for text in stripped) >= needed:
        thousands = "," if any("," in text for text in stripped) else ""
        return {"decimal": ".", "thousands": thousands, "unit": (unit or "").strip()}
    if sum(_COMMA.fullmatch(text) is not None for text in stripped) >= needed and any("," in text for text in stripped):
        thousands = "." if any("." in text for text in stripped) else ""
        return {"decimal": ",", "thousands": thousands, "unit": (unit or "").strip()}
    return None


def _is_point(text: str) -> bool:
    return _POINT.fullmatch(text) is not None and any(letter.isdigit() for letter in text)


def _fits(text: str, how: dict[str, Any]) -> bool:
    plain = text.replace(how["unit"], "").strip() if how["unit"] else text
    return _is_point(plain) if how["decimal"] == "." else _COMMA.fullmatch(plain) is not None


def _code_as_float(scanned: Scanned) -> Disguise | None:
    """Whole numbers from 0 on, few of them, some missing: most often integers that became floats because of the missing ones."""
    if scanned.values is None:
        return None
    first = scanned.values[:PROBE]
    if np.any(first[np.isfinite(first)] != np.floor(first[np.isfinite(first)])):
        return None
    values = scanned.values[np.isfinite(scanned.values)]
    if not len(values) or values.min() < 0 or values.max() > 2**53 or np.any(values != np.floor(values)):
        return None
    uniques = np.unique(values)
    if not 3 <= len(uniques) <= CODE_LEVELS or len(values) < 3 * len(uniques):
        return None
    return Disguise("CODE_AS_FLOAT", [f"{value:.1f}" for value in uniques[:3]])


def _of_texts(scanned: Scanned) -> str | None:
    if scanned.profile.kind not in ("categorical", "text"):
        return None
    texts = [text.strip() for text in texts_of(scanned, 200)]
    if not texts:
        return None
    for meaning, pattern in (("uuid", _UUID), ("url", _URL), ("json", _JSON)):
        if all(pattern.fullmatch(text) for text in texts):
            return meaning
    digits = [text for text in texts if text.isdigit()]
    if len(digits) == len(texts) and any(_LEADING_ZERO.fullmatch(text) for text in texts):
        return "code"
    return None


def _of_numbers(scanned: Scanned) -> str | None:
    if scanned.profile.kind != "numeric" or scanned.values is None:
        return None
    values = scanned.values[np.isfinite(scanned.values)]
    if not len(values):
        return None
    name, low, high = scanned.profile.column_name, float(values.min()), float(values.max())
    if _LATITUDE.search(name) and low >= -90 and high <= 90:
        return "latitude"
    if _LONGITUDE.search(name) and low >= -180 and high <= 180:
        return "longitude"
    if "year" in name.casefold() and low >= 1900 and high <= 2100 and parse_numbers(values) is not None:
        return "year"
    return None
