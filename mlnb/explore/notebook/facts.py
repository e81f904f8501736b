"""What the notebook needs of a profile: which columns it shows, in which order, and how the outcome and the times are read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mlnb.explore.records import ColumnProfile, Finding, Profile

#: Columns that are drawn in one picture.
NUMBERS_DRAWN, LEVELS_DRAWN, RANKED_DRAWN = 12, 9, 6
#: Of more levels the commonest say little.
LEVELS = 1000
_EPOCHS = (("s", 1e9), ("ms", 1e12), ("us", 1e15), ("ns", 1e18))


@dataclass(frozen=True)
class Facts:
    """A profile, with the columns of it that the notebook reads.

    Attributes
    ----------
    columns
        Those in the notebook's frame.
    """

    profile: Profile
    columns: list[ColumnProfile]

    @property
    def target(self) -> str | None:
        """The column to predict, None without one and where it has a single value."""
        aim = self.profile.target
        return aim.column if aim is not None and any(c.column_name == aim.column for c in self.columns) else None

    @property
    def regression(self) -> bool:
        """Whether the target is a number."""
        return self.profile.target is not None and self.profile.target.task == "regression"

    @property
    def metric(self) -> str:
        """What the ranking's figures are."""
        return "R²" if self.regression else "AUC"

    @cached_property
    def findings(self) -> list[Finding]:
        """What was found and not dismissed, worst first."""
        return [finding for finding in self.profile.findings if finding.state == "open"]

    @cached_property
    def leaks(self) -> set[str]:
        """Columns that may give the target away."""
        return {
            finding.column
            for finding in self.findings
            if finding.code.startswith("LEAK_") and finding.severity != "INFO" and finding.column
        }

    def of(self, *codes: str) -> dict[str, Finding]:
        """Return the findings of these codes by column."""
        return {f.column: f for f in reversed(self.findings) if f.code in codes and f.column is not None}

    @cached_property
    def ranked(self) -> list[ColumnProfile]:
        """Columns by what they predict alone, best first."""
        here = {column.column_name for column in self.columns}
        return [column for column in self.profile.ranking if column.column_name in here]

    @cached_property
    def interesting(self) -> list[ColumnProfile]:
        """Columns worth a picture: first those that say something of the target; no ids and nothing that is constant."""
        places = {column.column_name: place for place, column in enumerate(self.ranked)}
        shown = [
            column
            for column in self.columns
            if column.column_name != self.target
            and column.count
            and column.distinct_count != 1
            and column.semantic != "id"
            and not column.masked
        ]
        return sorted(shown, key=lambda column: places.get(column.column_name, len(places)))

    @property
    def numbers(self) -> list[str]:
        """Columns of numbers to draw."""
        return [c.column_name for c in self.interesting if c.kind == "numeric"][:NUMBERS_DRAWN]

    @property
    def levels(self) -> list[str]:
        """Columns of categories to draw; times written as text have no levels."""
        kinds = ("categorical", "boolean")
        found = [c.column_name for c in self.interesting if c.kind in kinds and c.semantic != "date"]
        few = [name for name in found if (self.column(name).distinct_count or 0) <= LEVELS]
        return [name for name in few if name != self.profile.time_column][:LEVELS_DRAWN]

    def column(self, name: str) -> ColumnProfile:
        """Return one column."""
        return self.profile.column(name)

    def outcome(self, frame: str = "df") -> str:
        """Return the expression of the outcome as numbers: 1 for the class that is drawn, or the number itself."""
        aim = self.profile.target
        assert aim is not None
        if aim.task == "regression":
            return f"{frame}[target].astype(float).replace([np.inf, -np.inf], np.nan)"
        return f"{frame}[target].eq({self.positive!r}).astype(float).where({frame}[target].notna())"

    @property
    def positive(self) -> object:
        """The class that is drawn, as a value of the frame."""
        aim = self.profile.target
        assert aim is not None
        assert aim.positive is not None
        kind = self.column(aim.column).kind
        if kind == "boolean":
            return aim.positive.casefold() == "true"
        if kind == "numeric":
            value = float(aim.positive)
            return int(value) if value.is_integer() else value
        return aim.positive

    def times(self, name: str, frame: str = "df") -> str:
        """Return the expression of a column's times, in UTC."""
        column, text = self.column(name), f"{frame}[{name!r}]"
        hidden = self.of("DATE_TEXT").get(name)
        if column.kind == "datetime":
            return f"pd.to_datetime({text}, utc=True, errors='coerce')"
        if column.kind == "numeric":
            unit = _epoch(column)
            if unit is not None:
                return f"pd.to_datetime({text}, unit={unit!r}, utc=True, errors='coerce')"
            form = "%Y" if isinstance(column.max, int | float) and column.max < 10_000 else "%Y%m%d"
            digits = f"{text}.astype('Int64').astype('string')"
            return f"pd.to_datetime({digits}, format={form!r}, utc=True, errors='coerce')"
        form = str(hidden.evidence.get("format", "ISO8601")) if hidden is not None else "ISO8601"
        return f"pd.to_datetime({text}, format={form!r}, utc=True, errors='coerce')"


def _epoch(column: ColumnProfile) -> str | None:
    """The unit of times counted since 1970, None for years and dates written as numbers."""
    most = column.max
    if not isinstance(most, int | float) or most < 631_152_000:
        return None
    return next((unit for unit, limit in _EPOCHS if most < limit * 10), None)
