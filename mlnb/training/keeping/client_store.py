"""Keeping on a tracking server reached over HTTP: its client's calls, one run at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import NotProvidedError
from mlnb.core.tracking import load_mlflow

from ..records import TrackingUnavailableError
from .store import PARENT_TAG, Head, RunStore, StoredModel, StoredVersion, tag_facts

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

_PAGE = 1000


class ClientStore(RunStore):
    """A tracking server. It tells of a run in the trash not since when, and moves and removes nothing for good.

    Parameters
    ----------
    client
        Makes the ``MlflowClient``.
    """

    def __init__(self, client: Callable[[], MlflowClient]) -> None:
        self._client = client

    def heads(self, run_ids: Sequence[str]) -> dict[str, Head]:
        """Return the runs that exist."""
        load_mlflow()
        from mlflow.exceptions import MlflowException

        found = {}
        for run_id in dict.fromkeys(run_ids):
            with _guarded():
                try:
                    run = self._client().get_run(run_id)
                except MlflowException as error:
                    if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                        continue
                    raise
            found[run_id] = self._head(run)
        return found

    def of_experiment(self, experiment_id: str) -> list[Head]:
        """Return all runs of an experiment, the newest first."""
        return list(self._search([experiment_id], "all"))

    def trashed(self, *, until: int | None = None, since: int | None = None) -> list[Head]:
        """Return the runs in the trash; since when, a server does not tell, so with a time there are none."""
        return [] if until is not None or since is not None else list(self._search(None, "deleted"))

    def children(self, run_ids: Sequence[str]) -> list[Head]:
        """Return the runs nested below these, at any depth."""
        found: dict[str, Head] = {}
        level = list(self.heads(run_ids).values())
        while level:
            below = [
                child
                for head in level
                for child in self._search([head.experiment_id], "all", f"tags.`{PARENT_TAG}` = '{head.run_id}'")
            ]
            level = [head for head in below if head.run_id not in found]
            found |= {head.run_id: head for head in level}
        return list(found.values())

    def logged_models(self, run_ids: Sequence[str]) -> dict[str, list[StoredModel]]:
        """Return the models that runs logged."""
        found = {}
        for head in self.heads(run_ids).values():
            with _guarded():
                models = self._client().search_logged_models(
                    [head.experiment_id], filter_string=f"source_run_id = '{head.run_id}'"
                )
            found[head.run_id] = [
                StoredModel(item.model_id, item.name or "", head.run_id, item.artifact_location or "")
                for item in models
            ]
        return found

    def versions(self) -> list[StoredVersion]:
        """Return the versions of all registered models."""
        found, token = [], None
        while True:
            with _guarded():
                page = self._client().search_model_versions("", max_results=_PAGE, page_token=token)
            for item in page:
                aliases = tuple(str(alias) for alias in item.aliases or ())
                found.append(StoredVersion(item.name, int(item.version), item.run_id, item.source or "", aliases))
            token = page.token
            if not token:
                return found

    def set_deleted(self, run_ids: Sequence[str], deleted: bool) -> None:
        """Put runs into the trash, or take them out."""
        for run_id in run_ids:
            with _guarded():
                self._client().delete_run(run_id) if deleted else self._client().restore_run(run_id)

    def move(self, run_ids: Sequence[str], experiment_id: str) -> None:  # noqa: ARG002
        """Refuse: a tracking server has no call for it."""
        raise NotProvidedError("Runs of a tracking server cannot be moved.", hint="Tag them instead.")

    def erase(self, run_id: str, model_ids: Sequence[str]) -> None:  # noqa: ARG002
        """Refuse: a tracking server has no call for it."""
        self.check_erasing()

    def check_erasing(self) -> None:
        """Refuse: a tracking server has no call for it."""
        raise NotProvidedError(
            "Runs of a tracking server cannot be removed for good from here.",
            hint="On its computer: mlflow gc --run-ids ….",
        )

    def _search(self, experiment_ids: Sequence[str] | None, which: str, text: str = "") -> Iterator[Head]:
        load_mlflow()
        from mlflow.entities import ViewType

        view = {"all": ViewType.ALL, "deleted": ViewType.DELETED_ONLY}[which]
        token, ids = None, list(experiment_ids) if experiment_ids is not None else None
        while True:
            with _guarded():
                if ids is None:
                    ids = [item.experiment_id for item in self._client().search_experiments(max_results=_PAGE)]
                page = self._client().search_runs(ids, text, view, max_results=_PAGE, page_token=token)
            yield from (self._head(run) for run in page)
            token = page.token
            if not token:
                return

    def _head(self, run: Run) -> Head:
        info: Any = run.info
        return Head(
            run_id=info.run_id,
            name=info.run_name or "",
            experiment_id=info.experiment_id,
            experiment_name=self._experiment_name(info.experiment_id),
            status=info.status,
            start_time=info.start_time or 0,
            deleted=info.lifecycle_stage == "deleted",
            deleted_at=None,
            artifact_uri=info.artifact_uri or "",
            **tag_facts(run.data.tags),
        )

    def _experiment_name(self, experiment_id: str) -> str:
        with _guarded():
            return str(self._client().get_experiment(experiment_id).name)


@contextmanager
def _guarded() -> Iterator[None]:
    load_mlflow()
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        raise TrackingUnavailableError(
            f"MLflow's server does not answer: {error.message}", hint="Check tracking_uri and that the server runs."
        ) from error
