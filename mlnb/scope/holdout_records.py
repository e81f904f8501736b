"""Records of hold-outs: the rule that says which rows are held out, the hold-out, the looks taken at it, and what is said in an output."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, InvalidStateError, NotFoundError
from mlnb.core.records import Record

HoldoutState = Literal["ACTIVE", "SPENT", "RETIRED"]
ActorKind = Literal["user", "job", "agent"]
Purpose = Literal["evaluate", "compare", "automl", "open", "explore", "training"]


class HoldoutNotFoundError(NotFoundError):
    """No rows of that table are held out."""

    code = "HOLDOUT_NOT_FOUND"


class HoldoutExistsError(AlreadyExistsError):
    """The table has a hold-out already, by another rule."""

    code = "HOLDOUT_EXISTS"


class HoldoutKeyUnsupportedError(InvalidParameterError):
    """Values of that type are not written alike in every engine."""

    code = "HOLDOUT_KEY_UNSUPPORTED"


class HoldoutKeyMissingError(InvalidStateError):
    """The column that tells which rows are held out is gone, so the table cannot be shown without them."""

    code = "HOLDOUT_KEY_MISSING"


class HoldoutSpentError(InvalidStateError):
    """All looks that were allowed have been taken."""

    code = "HOLDOUT_SPENT"


class ScopeSettings(BaseModel):
    """Section ``[scope]`` of ``mlnb.toml``.

    Attributes
    ----------
    require
        What a run without a scope card means: ``warn`` says so once, ``block`` refuses to register its model, ``off`` nothing.
    holdout_looks
        Looks allowed when a hold-out is declared without a number.
    agents_may_look
        Whether assistants may look at held-out rows that nobody named them for.
    leakage_gate
        Whether a column that gives the outcome away keeps a model back.
    """

    model_config = ConfigDict(extra="forbid")

    require: Literal["off", "warn", "block"] = "warn"
    holdout_looks: int = Field(5, ge=1, le=1000)
    agents_may_look: bool = False
    leakage_gate: Literal["off", "warn", "block"] = "block"


class HoldoutRule(Record):
    """Which rows are held out: one of three kinds.

    Attributes
    ----------
    kind
        ``key``: a fraction of the values of ``key``; ``time``: rows from ``since`` on; ``column``: rows whose ``column`` is ``value``.
    types
        Of the columns the rule reads, by name.
    salt
        Mixed into the hash of a key. All hold-outs of a workspace share it, so that a customer is held out in every table or in none.
    """

    kind: Literal["key", "time", "column"]
    key: list[str] = Field(default_factory=list)
    fraction: float | None = None
    salt: str = ""
    time: str | None = None
    since: str | int | None = None
    column: str | None = None
    value: bool | int | str | None = None
    types: dict[str, str] = Field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The columns that tell which rows are held out."""
        return self.key or [name for name in (self.time, self.column) if name is not None]

    def __str__(self) -> str:
        if self.kind == "key":
            return f"{self.fraction or 0:.0%} by {', '.join(self.key)}"
        return f"{self.time} from {self.since} on" if self.kind == "time" else f"{self.column} = {self.value!r}"

    def renamed(self, names: dict[str, str]) -> HoldoutRule:
        """Return the rule for a table in which its columns have other names."""
        return self.model_copy(
            update={
                "key": [names[name] for name in self.key],
                "time": names[self.time] if self.time is not None else None,
                "column": names[self.column] if self.column is not None else None,
                "types": {names[name]: kind for name, kind in self.types.items()},
            }
        )


class Holdout(Record):
    """Rows of a table that are kept for the final test.

    Attributes
    ----------
    looks_allowed, looks_used
        How often somebody may look, and has.
    may_look
        ``user:NAME``, ``group:NAME``, ``agent:NAME``; everybody who may read the table if empty, but no assistant.
    state
        ``SPENT`` when no look is left: its rows stay hidden until a signer allows more. ``RETIRED``: no longer held out.
    excluded, total
        Rows held out of how many at the newest version, where they were counted.
    """

    id: str
    table_name: str
    table_id: str
    rule: HoldoutRule
    scope_name: str | None = None
    looks_allowed: int
    looks_used: int
    may_look: list[str] = Field(default_factory=list)
    state: HoldoutState
    created_by: str
    created_at: int
    excluded: int | None = None
    total: int | None = None
    note: str = ""

    @property
    def looks_left(self) -> int:
        """How many looks are left."""
        return max(self.looks_allowed - self.looks_used, 0)

    def __str__(self) -> str:
        rows = f", {held_out(self.excluded, self.total)}" if self.excluded is not None else ""
        if self.excluded is not None and self.excluded == self.total:
            rows += " (no row is left to train on)"
        elif self.excluded == 0:
            rows += " (none follows the rule yet)"
        return (
            f"{self.table_name}: {self.rule}{rows}; {self.looks_used} of {self.looks_allowed} looks taken, {self.state}"
        )

    def __repr__(self) -> str:
        return str(self)


class HoldoutLook(Record):
    """One look at held-out rows.

    Attributes
    ----------
    number, allowed
        Look ``number`` of ``allowed``.
    repeated
        Whether the same model was looked at before, so that this look was free and ``metrics`` are those of then.
    """

    id: str
    holdout_id: str
    table_name: str = ""
    number: int
    allowed: int = 0
    model_digest: str
    metric_set: str
    run_id: str | None = None
    purpose: Purpose
    reason: str | None = None
    actor: str
    actor_kind: ActorKind
    metrics: dict[str, Any] | None = None
    at: int
    repeated: bool = False

    def __str__(self) -> str:
        free = ", a repetition and so free" if self.repeated else ""
        return f"look {self.number} of {self.allowed} at the held-out rows of {self.table_name}{free}"

    def __repr__(self) -> str:
        return str(self)


class HoldoutStatus(Record):
    """A hold-out and the looks taken at it, oldest first."""

    holdout: Holdout
    looks: list[HoldoutLook]

    def __str__(self) -> str:
        lines = [f"  {look.number}. {look.actor}, {look.purpose}: {look.reason or '-'}" for look in self.looks]
        return "\n".join([str(self.holdout), *lines])

    def __repr__(self) -> str:
        return str(self)


class HoldoutList(list[Holdout]):
    """Hold-outs that show themselves as lines."""

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "No rows are held out: %holdout declare TABLE --key COLUMN --fraction 0.2."


class HoldoutNote(Record):
    """What became of held-out rows.

    Attributes
    ----------
    id, table
        The hold-out that applies.
    excluded, total
        Rows left out, of how many; ``total`` is None where it was not counted.
    known
        False when it cannot be told which rows are held out.
    included
        The reason given for a look, when held-out rows are in.
    look, looks_allowed
        Number of that look.
    note
        One line to show.
    """

    id: str | None = None
    table: str | None = None
    excluded: int = 0
    total: int | None = None
    known: bool = True
    included: str | None = None
    look: int | None = None
    looks_allowed: int | None = None
    note: str = ""


def held_out(excluded: int | None, total: int | None) -> str:
    """Return ``12,345 of 61,725 rows held out``."""
    return f"{excluded or 0:,} of {total:,} rows held out" if total is not None else f"{excluded or 0:,} rows held out"
