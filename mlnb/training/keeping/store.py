"""What keeping has to know of runs, and the few changes it makes in MLflow's store."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..records_keeping import Refusal

if TYPE_CHECKING:
    from mlnb.core.tracking import Tracking

#: Tag of runs that no purge may take.
PINNED_TAG = "mlnb.pinned"
#: Tag of a run that went into the trash with its parent, whose id it holds; it comes back with it.
TRASHED_WITH_TAG = "mlnb.trashed_with"
PARENT_TAG = "mlflow.parentRunId"


@dataclass(frozen=True)
class Head:
    """The little of a run that keeping looks at."""

    run_id: str
    name: str
    experiment_id: str
    experiment_name: str
    status: str
    start_time: int
    deleted: bool
    deleted_at: int | None
    artifact_uri: str
    pinned: bool = False
    parent_run_id: str | None = None
    trashed_with: str | None = None

    def refused(self, reason: str) -> Refusal:
        """Return why nothing is done to this run."""
        return Refusal(run_id=self.run_id, name=self.name, reason=reason)


@dataclass(frozen=True)
class StoredModel:
    """A model that a run logged: in MLflow 3 its files lie beside the run's."""

    model_id: str
    name: str
    run_id: str
    location: str


@dataclass(frozen=True)
class StoredVersion:
    """A version of a registered model, as far as it says where it comes from."""

    name: str
    version: int
    run_id: str | None
    source: str
    aliases: tuple[str, ...] = ()

    def comes_from(self, head: Head, models: Iterable[StoredModel]) -> bool:
        """Whether a run, or a model it logged, is behind this version."""
        if self.run_id == head.run_id or self.source.startswith(f"runs:/{head.run_id}/"):
            return True
        if head.artifact_uri and self.source.startswith(head.artifact_uri.rstrip("/") + "/"):
            return True
        return any(
            self.source == f"models:/{model.model_id}"
            or (model.location and f"{self.source}/".startswith(model.location.rstrip("/") + "/"))
            for model in models
        )


class RunStore(abc.ABC):
    """MLflow's store as keeping sees it; deleted runs are part of it."""

    @abc.abstractmethod
    def heads(self, run_ids: Sequence[str]) -> dict[str, Head]:
        """Return the runs that exist, in the trash or not."""

    @abc.abstractmethod
    def of_experiment(self, experiment_id: str) -> list[Head]:
        """Return all runs of an experiment, those in the trash too, the newest first."""

    @abc.abstractmethod
    def trashed(self, *, until: int | None = None, since: int | None = None) -> list[Head]:
        """Return the runs in the trash that went there in this time (milliseconds), the longest there first."""

    @abc.abstractmethod
    def children(self, run_ids: Sequence[str]) -> list[Head]:
        """Return the runs nested below these, at any depth."""

    @abc.abstractmethod
    def logged_models(self, run_ids: Sequence[str]) -> dict[str, list[StoredModel]]:
        """Return the models that runs logged, by run."""

    @abc.abstractmethod
    def versions(self) -> list[StoredVersion]:
        """Return the versions of all registered models."""

    @abc.abstractmethod
    def set_deleted(self, run_ids: Sequence[str], deleted: bool) -> None:
        """Put runs into the trash, or take them out."""

    @abc.abstractmethod
    def move(self, run_ids: Sequence[str], experiment_id: str) -> None:
        """Make runs, with the models they logged, part of another experiment; files stay where they are."""

    def check_erasing(self) -> None:
        """Refuse where nothing can be removed for good, before anything is begun."""
        return

    @abc.abstractmethod
    def erase(self, run_id: str, model_ids: Sequence[str]) -> None:
        """Remove a run in the trash and models from the database for good; what is gone already is no error."""


def open_store(tracking: Tracking) -> RunStore:
    """Return the store behind the workspace's tracking URI."""
    if tracking.uri.startswith(("sqlite:", "postgresql:", "postgresql+", "postgres:")):
        from .sql_store import SqlStore

        return SqlStore(tracking)
    from .client_store import ClientStore

    return ClientStore(tracking.client)


def tag_facts(tags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a head that tags say."""
    return {
        "pinned": PINNED_TAG in tags,
        "parent_run_id": tags.get(PARENT_TAG) or None,
        "trashed_with": tags.get(TRASHED_WITH_TAG) or None,
    }
