"""Records for people and routes, put together from MLflow's state, the evaluations and the open requests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mlnb.core.errors import MlnbError

from .names import Names
from .records import MetricRow, ModelSignature, ModelVersion, RegisteredModel, TransitionRequest
from .store import DIGEST_TAG, OPERATION_TAG, ModelState, Store, VersionState
from .tables import seen

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .artifacts import Artifacts
    from .gates import Gates

#: Versions shown with a model; older ones are found by number.
MOST_VERSIONS = 100


class Views:
    """Makes the registry's records.

    Parameters
    ----------
    ground, store, names, artifacts, gates
        The registry's parts.
    """

    def __init__(self, ground: Ground, store: Store, names: Names, artifacts: Artifacts, gates: Gates) -> None:
        self._ground = ground
        self._store = store
        self._names = names
        self._artifacts = artifacts
        self._gates = gates

    def users(self, mlflow_name: str) -> dict[int, str]:
        """Return version → who made it."""
        query = sa.select(seen.c.version, seen.c.user).where(seen.c.name == mlflow_name, seen.c.user.is_not(None))
        with self._ground.metastore.connect() as connection:
            return {row.version: row.user for row in connection.execute(query)}

    def line(self, model: ModelState, open_requests: int) -> RegisteredModel:
        """Return a model as one line of a list."""
        versions = model.versions.values()
        return RegisteredModel(
            name=self._names.shown(model.name),
            description=model.description,
            tags=dict(model.tags),
            aliases=dict(model.aliases),
            latest_version=max(model.versions, default=None),
            open_requests=open_requests,
            created_at=model.created_at,
            # Moving an alias touches neither time, registering a version only its own.
            updated_at=max([model.updated_at, *(version.updated_at for version in versions)]),
        )

    def whole(self, model: ModelState, requests: Sequence[TransitionRequest]) -> RegisteredModel:
        """Return a model with its newest versions and its requests."""
        users = self.users(model.name)
        newest = sorted(model.versions.values(), key=lambda item: -item.version)[:MOST_VERSIONS]
        is_open = [item for item in requests if item.state == "open"]
        versions = [self.version(model, item, is_open, users) for item in newest]
        return self.line(model, len(is_open)).model_copy(update={"versions": versions, "requests": list(requests)})

    def version(
        self,
        model: ModelState,
        version: VersionState,
        requests: Sequence[TransitionRequest],
        users: Mapping[int, str] | None = None,
        *,
        signature: bool = False,
    ) -> ModelVersion:
        """Return a version; ``signature`` also reads the model's files."""
        known = self.users(model.name) if users is None else users
        source = version.source or ""
        return ModelVersion(
            name=self._names.shown(model.name),
            version=version.version,
            uri=f"models:/{model.name}/{version.version}",
            stage=version.stage,
            aliases=model.aliases_of(version.version),
            status=version.status,
            description=version.description,
            tags={key: value for key, value in version.tags.items() if key not in (OPERATION_TAG, DIGEST_TAG)},
            source=version.source,
            run_id=version.run_id,
            logged_model_id=source.removeprefix("models:/") if source.startswith("models:/m-") else None,
            user=known.get(version.version) or version.user,
            created_at=version.created_at,
            updated_at=version.updated_at,
            signature=self._signature(source) if signature else None,
            metrics=self._metrics(version.run_id),
            open_requests=[item for item in requests if item.version == version.version],
            artifact_digest=version.tags.get(DIGEST_TAG),
        )

    def _signature(self, source: str) -> ModelSignature | None:
        from .artifacts import read_signature

        try:
            return read_signature(self._artifacts.folder_of_source(source))
        except (
            MlnbError
        ):  # files that are gone are reported by the gates and by local_path, not by looking at the version
            return None

    def _metrics(self, run_id: str | None) -> list[MetricRow]:
        rows = self._gates.metrics(run_id)
        run = self._store.run(run_id) if run_id and not rows else None
        if run is None:
            return rows
        return [
            MetricRow(metric=name, value=value if math.isfinite(value) else str(value))
            for name, value in sorted(run.data.metrics.items())
        ]
