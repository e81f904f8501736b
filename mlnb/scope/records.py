"""Records and tables of scope: card versions, their signatures, and the verdicts of gates."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field

from mlnb.core.metastore import metadata
from mlnb.core.records import Record

from .card import ScopeCard

scopes = sa.Table(
    "scopes",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

scope_signatures = sa.Table(
    "scope_signatures",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

#: Verdicts that something rested on (a promotion, an approval), with the card version they were judged by.
gate_results = sa.Table(
    "gate_results",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("scope_name", sa.Text),
    sa.Column("scope_version", sa.Integer),
    sa.Column("gate", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("required", sa.JSON),
    sa.Column("observed", sa.JSON),
    sa.Column("evidence", sa.Text),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("gate_results_subject", "subject", "created_at"),
)

ScopeState = Literal["DRAFT", "AGREED", "RETIRED"]


class ScopeSignature(Record):
    """One person's decision on one version of a card, in a role."""

    role: str
    principal: str
    decision: Literal["approve", "reject"]
    comment: str = ""
    at: int


class Scope(Record):
    """One version of a scope card.

    Attributes
    ----------
    state
        ``AGREED`` once every role signed this version; a change makes a new version, unsigned. ``RETIRED``: nothing is judged by it.
    notes
        What is worth knowing but no error, such as a target table that does not exist yet.
    """

    name: str
    version: int
    state: ScopeState
    card: ScopeCard
    sha256: str
    created_by: str
    created_at: int
    signatures: list[ScopeSignature] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    @property
    def missing_roles(self) -> list[str]:
        """Roles that have not approved this version."""
        signed = {item.role for item in self.signatures if item.decision == "approve"}
        return [role for role in signing_roles(self.card) if role not in signed]

    def __str__(self) -> str:
        from .card import dump_card

        rejections = [item for item in self.signatures if item.decision == "reject"]
        against = [f"rejected as {item.role} by {item.principal}" for item in rejections]
        unsigned = [role for role in self.missing_roles if role not in {item.role for item in rejections}]
        words = "".join(f", {text}" for text in against) + (f", not signed: {', '.join(unsigned)}" if unsigned else "")
        said = [item.comment for item in rejections if item.comment] + self.notes
        notes = "".join(f"  {text}\n" for text in said)
        return f"scope {self.name}, version {self.version}, {self.state}{words}\n{notes}{dump_card(self.card)}"

    def __repr__(self) -> str:
        return str(self)


class FieldChange(Record):
    """A field that two versions of a card give different values; None where one of them has none."""

    field: str
    before: Any = None
    after: Any = None


class ScopeDiff(Record):
    """What differs between two versions of a card."""

    name: str
    before: int
    after: int
    changes: list[FieldChange]

    def __str__(self) -> str:
        lines = [f"  {item.field}: {_shown(item.before)} → {_shown(item.after)}" for item in self.changes]
        if self.before == self.after and not self.changes:
            return f"scope {self.name} has nothing to compare version {self.after} with"
        head = f"scope {self.name}, version {self.before} → {self.after}"
        return "\n".join([head, *(lines or ["  nothing differs"])])

    def __repr__(self) -> str:
        return str(self)


class ScopeTemplate(Record):
    """A card to begin with: YAML with comments, and the same as plain values for a form."""

    problem: str
    yaml: str
    card: dict[str, Any]

    def __str__(self) -> str:
        return self.yaml

    def __repr__(self) -> str:
        return self.yaml


def _shown(value: Any) -> str:
    return "–" if value is None else str(value)


class ScopeCards(list[Scope]):
    """Cards, or the versions of one, that show themselves as a table in a cell."""

    def __repr__(self) -> str:
        lines = [f"{scope.name}, version {scope.version}, {scope.state}" for scope in self]
        return "\n".join(lines) or "No scope cards yet: write one with %%scope NAME."


def signing_roles(card: ScopeCard) -> dict[str, list[str]]:
    """Return role → who may sign; the owner alone when the card names no roles."""
    roles = {role.role: role.who for role in card.signoff.all_roles}
    return roles or {"owner": [card.owner] if card.owner else []}
