"""Time windows: half-open, in UTC, by integer arithmetic on microseconds since 1970.

Fixed widths are a remainder, which costs a sixth of a calendar function on every row. Only months and years need the calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from mlnb.core.errors import InvalidParameterError

_US = 1_000_000
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400}

#: 1970-01-05 was the first Monday: weeks start on Mondays.
_MONDAY_US = 4 * 86_400 * _US

_FIXED = ("5 minutes", "30 minutes", "1 hour", "1 day", "1 week", "2 weeks", "3 weeks", "4 weeks")
GRANULARITIES = (*_FIXED, "1 month", "1 year")


@dataclass(frozen=True)
class Granularity:
    """The width of windows; `text` is its one spelling in tables and on the wire."""

    text: str

    @cached_property
    def kind(self) -> Literal["fixed", "month", "year"]:
        """Whether the width is a number of seconds or a piece of the calendar."""
        return "month" if self.text == "1 month" else "year" if self.text == "1 year" else "fixed"

    @cached_property
    def width_us(self) -> int:
        """Width of a fixed window in microseconds; of a month or year the longest."""
        if self.kind != "fixed":
            return (31 if self.kind == "month" else 366) * 86_400 * _US
        number, unit = self.text.split()
        return int(number) * _SECONDS[unit.rstrip("s")] * _US

    @property
    def _origin_us(self) -> int:
        return _MONDAY_US if "week" in self.text else 0

    def start(self, us: int) -> int:
        """Start of the window that a time falls into, both in microseconds since 1970."""
        if self.kind == "fixed":
            return us - (us - self._origin_us) % self.width_us
        moment = datetime.fromtimestamp(us // _US, UTC)
        month = moment.month if self.kind == "month" else 1
        return int(datetime(moment.year, month, 1, tzinfo=UTC).timestamp()) * _US

    def end(self, start: int) -> int:
        """End of the window with this start, which is the start of the next one."""
        if self.kind == "fixed":
            return start + self.width_us
        return self.start(start + (32 if self.kind == "month" else 367) * 86_400 * _US)

    def previous(self, start: int) -> int:
        """Start of the window before the one with this start."""
        return self.start(start - 1)

    def start_sql(self, us: str) -> str:
        """The same as `start`, as a DuckDB expression over a column of microseconds."""
        if self.kind == "fixed":
            width = self.width_us
            # The remainder in SQL keeps the sign of its left side; adding the width once more makes it Python's.
            return f"({us} - ((({us} - {self._origin_us}) % {width}) + {width}) % {width})"
        return f"epoch_us(date_trunc('{self.kind}', make_timestamp({us})))"


def parse_granularity(text: str) -> Granularity:
    """Read a granularity as people and the platform's two APIs write it.

    Raises
    ------
    InvalidParameterError
        It is none of the known widths.
    """
    lowered = re.sub(r"^aggregation_granularity_", "", text.strip().lower()).replace("_", " ")
    singular = re.sub(r"s$", "", lowered)
    for known in GRANULARITIES:
        if singular == re.sub(r"s$", "", known):
            return Granularity(known)
    raise InvalidParameterError(f"{text!r} is not a granularity.", hint=f"Use one of: {', '.join(GRANULARITIES)}.")


def to_datetime(us: int) -> datetime:
    """A time in microseconds as a datetime in UTC."""
    return datetime.fromtimestamp(us // _US, UTC).replace(microsecond=us % _US)
