"""What the registry returns: models, versions, requests, approvals and the activity feed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlnb.core.records import Record
from mlnb.scope.gates import GateReport

RequestState = Literal["open", "approved", "rejected", "cancelled"]


class MetricRow(Record):
    """A metric of one evaluation of a version, or of its run when ``dataset`` is empty."""

    metric: str
    value: float | str
    dataset: str | None = None
    slice: str | None = None
    evaluation_run_id: str | None = None


class ModelColumn(Record):
    """An input or output of a model's signature."""

    name: str | None = None
    type: str
    required: bool = True


class ModelSignature(Record):
    """What a model takes and gives, as MLflow's signature says."""

    inputs: list[ModelColumn] = Field(default_factory=list)
    outputs: list[ModelColumn] = Field(default_factory=list)


class TransitionRequest(Record):
    """Somebody asks to move a version to ``target`` (``@alias``).

    Attributes
    ----------
    missing_roles
        Roles whose approval is still needed, while open.
    """

    id: str
    name: str
    version: int
    kind: str = "alias"
    target: str
    creator: str
    comment: str | None = None
    state: RequestState = "open"
    created_at: int
    closed_by: str | None = None
    closed_at: int | None = None
    approved_by: list[str] = Field(default_factory=list)
    missing_roles: list[str] = Field(default_factory=list)

    def __str__(self) -> str:
        waits = f", still needed: {', '.join(self.missing_roles)}" if self.missing_roles else ""
        return (
            f"{self.creator} asks for {self.name} version {self.version} to become {self.target} ({self.state}{waits})"
        )

    def __repr__(self) -> str:
        return str(self)


class ModelVersion(Record):
    """One version of a registered model.

    Attributes
    ----------
    name
        Three-level name. ``uri`` is what MLflow calls the version.
    source
        Where its files are, as MLflow knows it.
    artifact_digest
        SHA-256 over its files when it was registered here; None for versions that plain MLflow registered.
    signature
        Read for a single version only, not in lists.
    """

    name: str
    version: int
    uri: str
    stage: str = "None"
    aliases: list[str] = Field(default_factory=list)
    status: str = "READY"
    description: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    source: str | None = None
    run_id: str | None = None
    logged_model_id: str | None = None
    user: str | None = None
    created_at: int
    updated_at: int
    signature: ModelSignature | None = None
    metrics: list[MetricRow] = Field(default_factory=list)
    open_requests: list[TransitionRequest] = Field(default_factory=list)
    artifact_digest: str | None = None

    @property
    def full_name(self) -> str:
        """The three-level name."""
        return self.name

    def __str__(self) -> str:
        aliases = "".join(f" @{alias}" for alias in self.aliases)
        return f"{self.name} version {self.version}{aliases} ({self.status})"

    def __repr__(self) -> str:
        return str(self)


class RegisteredModel(Record):
    """A registered model; ``versions`` (newest first) and ``requests`` are filled for a single model only, not in lists."""

    name: str
    description: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    aliases: dict[str, int] = Field(default_factory=dict)
    latest_version: int | None = None
    open_requests: int = 0
    created_at: int
    updated_at: int
    user: str | None = None
    versions: list[ModelVersion] = Field(default_factory=list)
    requests: list[TransitionRequest] = Field(default_factory=list)

    def __str__(self) -> str:
        aliases = ", ".join(f"@{alias} → {version}" for alias, version in sorted(self.aliases.items()))
        return f"{self.name}: latest version {self.latest_version or 'none'}" + (f", {aliases}" if aliases else "")

    def __repr__(self) -> str:
        return str(self)


class Transition(Record):
    """An alias now names ``version``; ``previous`` held it before, ``event_id`` is the journal's."""

    name: str
    version: int
    to: str
    previous: int | None = None
    event_id: int | None = None
    gates: GateReport | None = None

    def __str__(self) -> str:
        before = f" (before: version {self.previous})" if self.previous and self.previous != self.version else ""
        return f"{self.name} version {self.version} is now {self.to}{before}"

    def __repr__(self) -> str:
        return str(self)


class Approval(Record):
    """A decision on a version's way to ``to``.

    Attributes
    ----------
    applied
        Whether this was the last approval needed, so that the version moved.
    missing_roles
        Roles that still have to approve.
    """

    name: str
    version: int
    to: str
    decision: Literal["approved", "rejected", "cancelled"]
    actor: str
    comment: str | None = None
    roles: list[str] = Field(default_factory=list)
    applied: bool = False
    missing_roles: list[str] = Field(default_factory=list)
    transition: Transition | None = None
    gates: GateReport | None = None

    def __str__(self) -> str:
        after = f" {self.transition}." if self.transition else ""
        if self.decision == "approved" and not self.applied:
            after = f" Still needed: {', '.join(self.missing_roles)}."
        return f"{self.actor} {self.decision} {self.name} version {self.version} for {self.to}.{after}"

    def __repr__(self) -> str:
        return str(self)


class Activity(Record):
    """One line of a model's feed: a view of a journal event.

    Attributes
    ----------
    id
        The journal's id.
    activity_type
        The platform's word where it has one (``APPLIED_TRANSITION``, ``REQUESTED_TRANSITION``, ``APPROVED_REQUEST``, …).
    observed
        The change was made in MLflow directly and noticed afterwards.
    """

    id: int
    time: int
    actor: str
    activity_type: str
    version: int | None = None
    to: str | None = None
    comment: str | None = None
    observed: bool = False
    text: str = ""

    def __str__(self) -> str:
        return f"{self.actor} {self.text}" + (f": {self.comment}" if self.comment else "")

    def __repr__(self) -> str:
        return str(self)


class ModelPolicy(Record):
    """Who has to agree before a version of a model gets a protected alias; derived from the scope card's ``signoff``.

    Attributes
    ----------
    guarded
        Aliases (in lower case) for which the card's gates are judged.
    protected
        Those of them that also need approvals.
    roles
        Role → ``user:NAME`` and ``group:NAME`` who may approve.
    """

    name: str
    scope_name: str | None = None
    scope_version: int | None = None
    guarded: list[str] = Field(default_factory=list)
    protected: list[str] = Field(default_factory=list)
    roles: dict[str, list[str]] = Field(default_factory=dict)
    four_eyes: bool = False

    def is_guarded(self, target: str) -> bool:
        """Return whether the card's gates decide about this target."""
        return target.casefold() in self.guarded

    def is_protected(self, target: str) -> bool:
        """Return whether this target needs approvals."""
        return target.casefold() in self.protected


class RegisteredModels(list[RegisteredModel]):
    """Models that show themselves as a table in a cell."""

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "Nothing is registered yet."


class TransitionRequests(list[TransitionRequest]):
    """Requests that show themselves as a table in a cell."""

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "No requests."


class Activities(list[Activity]):
    """A feed that shows itself as a list in a cell."""

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "Nothing happened yet."
