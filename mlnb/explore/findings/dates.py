"""Dates written as text or numbers: which format they have, and the times they stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

FloatArray = npt.NDArray[np.float64]

#: Format of dates in the order year, month, day with dashes, with or without a time and a zone.
ISO = "ISO8601"
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?)?")
_CLOCK = re.compile(r"[T ]\d{1,2}:\d{2}(?P<seconds>:\d{2})?$")
#: How the day is written, and its formats; where there are two, the values decide which part is the day.
_DAYS: list[tuple[re.Pattern[str], tuple[str, ...]]] = [
    (re.compile(r"\d{4}/\d{1,2}/\d{1,2}"), ("%Y/%m/%d",)),
    (re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"), ("%Y%m%d",)),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"), ("%d.%m.%Y",)),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}"), ("%d/%m/%Y", "%m/%d/%Y")),
    (re.compile(r"\d{1,2}-\d{1,2}-\d{4}"), ("%d-%m-%Y", "%m-%d-%Y")),
    (re.compile(r"\d{1,2}[ -][A-Za-z]{3}[ -]\d{4}"), ("%d %b %Y", "%d-%b-%Y")),
    (re.compile(r"\d{1,2} [A-Za-z]{4,9} \d{4}"), ("%d %B %Y",)),
    (re.compile(r"[A-Za-z]{3} \d{1,2}, \d{4}"), ("%b %d, %Y",)),
    (re.compile(r"[A-Za-z]{4,9} \d{1,2}, \d{4}"), ("%B %d, %Y",)),
]
#: Numbers that are dates: name, smallest, largest.
_NUMBERS = [("%Y", 1900, 2100), ("%Y%m%d", 19000101, 21001231)]
#: Seconds since 1970 from 1990 to 2100, and how many of a unit make a second.
_EPOCH_SECONDS = (631_152_000, 4_102_444_800)
_EPOCHS = [("s", 1), ("ms", 1_000), ("us", 1_000_000), ("ns", 1_000_000_000)]


@dataclass(frozen=True)
class DateFormat:
    """A format of pandas; ``ambiguous`` when no value tells which part is the day and which the month."""

    format: str
    ambiguous: bool = False


def date_format(probe: Sequence[str], least: float = 1.0) -> DateFormat | None:
    """Return the format that at least this share of the texts have, or None."""
    texts = [text.strip() for text in probe if text.strip()]
    if not texts:
        return None
    needed = least * len(texts)
    if sum(_ISO.fullmatch(text) is not None for text in texts) >= needed:
        return DateFormat(ISO)
    clocks = [_CLOCK.search(text) for text in texts]
    days = [text[: clock.start()] if clock else text for text, clock in zip(texts, clocks, strict=True)]
    suffix = _clock_format(clocks)
    for pattern, formats in _DAYS:
        fitting = [day for day in days if pattern.fullmatch(day)]
        if len(fitting) >= needed:
            chosen = _choose(fitting, formats)
            return None if chosen is None else DateFormat(chosen.format + suffix, chosen.ambiguous)
    return None


def _clock_format(clocks: Sequence[re.Match[str] | None]) -> str:
    found = [clock for clock in clocks if clock is not None]
    if len(found) * 2 <= len(clocks):
        return ""
    separator = "T" if found[0][0].startswith("T") else " "
    return separator + ("%H:%M:%S" if found[0]["seconds"] else "%H:%M")


def _choose(days: Sequence[str], formats: tuple[str, ...]) -> DateFormat | None:
    if len(formats) == 1:
        return DateFormat(formats[0])
    if "%b" in formats[0]:
        return DateFormat(formats[1] if "-" in days[0] else formats[0])
    parts = [[int(part) for part in re.split(r"[/-]", day)] for day in days]
    first, second = (max(part[position] for part in parts) for position in (0, 1))
    if first > 31 or second > 31 or (first > 12 and second > 12):
        return None
    return DateFormat(formats[1] if second > 12 else formats[0], ambiguous=first <= 12 and second <= 12)


def parse_texts(texts: pa.Array, form: str) -> FloatArray:
    """Return the microseconds since 1970 (UTC) that each text stands for, NaN where it does not have the format."""
    import pandas as pd

    series = pd.Series(texts.to_pylist(), dtype="object").str.strip()
    parsed = pd.to_datetime(series, format=form, errors="coerce", utc=True)
    micros = parsed.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    values = micros.astype(np.int64).astype(np.float64)
    values[np.isnat(micros)] = np.nan
    return values


def parse_numbers(values: FloatArray) -> FloatArray | None:
    """Return the microseconds since 1970 of years, of dates as ``20131231`` or of epoch numbers; None for other numbers."""
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return None
    low, high = (float(edge) for edge in np.quantile(finite, (0.005, 0.995)))
    for form, least, most in _NUMBERS:
        if least <= low and high <= most and np.mean(finite == np.floor(finite)) >= 0.99:
            return _calendar(values, form)
    for _, units in _EPOCHS:
        if _EPOCH_SECONDS[0] * units <= low and high <= _EPOCH_SECONDS[1] * units:
            return values * (1_000_000 / units)
    return None


def _calendar(values: FloatArray, form: str) -> FloatArray:
    import pandas as pd

    uniques, where = np.unique(values, return_inverse=True)
    texts = pd.Series([f"{value:.0f}" if np.isfinite(value) else None for value in uniques], dtype="object")
    parsed = pd.to_datetime(texts, format=form, errors="coerce").to_numpy(dtype="datetime64[us]")
    micros = parsed.astype(np.int64).astype(np.float64)
    micros[np.isnat(parsed)] = np.nan
    result: FloatArray = micros[where]
    return result
