"""What a run would record."""

from __future__ import annotations

from pydantic import Field

from mlnb.core.records import Record


class PlanItem(Record):
    """One line: what, where it is kept, and what it is now; ``missing`` says why there is nothing."""

    item: str
    where: str
    value: str | None = None
    missing: str | None = None


class RunPlan(Record):
    """What a run would record, without having run anything.

    Attributes
    ----------
    run
        Id of the run that would go on; None for a new one.
    """

    name: str | None = None
    experiment: str
    run: str | None = None
    items: list[PlanItem] = Field(default_factory=list)

    def __str__(self) -> str:
        head = f"nothing was run; in {self.experiment} would be recorded:"
        lines = [f"  {one.item}: {one.value or f'nothing ({one.missing})'} → {one.where}" for one in self.items]
        return "\n".join([head, *lines])

    __repr__ = __str__
