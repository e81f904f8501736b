"""What the templates of suggested code are filled with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..records import Finding, Kind


@dataclass(frozen=True)
class Case:
    """A finding with what is known of its columns.

    Attributes
    ----------
    kinds
        Of the finding's column and of its other column, None where it has none.
    table
        Full name of the table or view, None for frames and files.
    nested
        Some column holds lists or objects, which cannot be compared as they are.
    regression
        The target is a number.
    """

    finding: Finding
    kinds: tuple[Kind | None, Kind | None]
    target: str | None
    group: str | None
    table: str | None
    rows: int
    nested: bool = False
    regression: bool = False

    @property
    def column(self) -> str:
        """The finding's column; templates that need one are only asked with one."""
        return self.finding.column or ""

    @property
    def name(self) -> str:
        """The column as a Python literal."""
        return repr(self.column)

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.kinds[0] == "numeric"

    def evidence(self, name: str, default: Any = None) -> Any:
        """Return one figure of the evidence."""
        value = self.finding.evidence.get(name)
        return default if value is None else value


Template = Callable[[Case], "str | None"]


def with_column(template: Template) -> Template:
    """Ask a template only where the finding has a column."""

    def asked(case: Case) -> str | None:
        return template(case) if case.finding.column is not None else None

    return asked
