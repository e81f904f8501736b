"""MLflow's registry, read into plain values and changed through one place.

MLflow is imported on the first call. Everything it raises becomes one of our errors here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, MlnbError, NotFoundError, UnavailableError
from mlnb.core.journal import canonical_json
from mlnb.core.tracking import load_mlflow

if TYPE_CHECKING:
    from mlnb.core.tracking import Tracking

#: Version tag that says which operation made it, so that a create is recognised after a crash.
OPERATION_TAG = "mlnb.operation"
#: Tag of a version (ours) with the digest of its files.
DIGEST_TAG = "mlnb.artifact_digest"
#: Tag of a registered model, a version or a run: the scope card it is judged by.
SCOPE_TAG = "mlnb.scope"

_DELETED = "Deleted_Internal"


class RegistryUnavailableError(UnavailableError):
    """MLflow's store does not answer."""

    code = "REGISTRY_UNAVAILABLE"


@dataclass(frozen=True)
class VersionState:
    """A version as MLflow holds it."""

    version: int
    stage: str
    status: str
    description: str | None
    tags: Mapping[str, str]
    source: str | None
    run_id: str | None
    user: str | None
    created_at: int
    updated_at: int

    @property
    def fingerprint(self) -> str:
        """Changes with everything a user can change, aliases excepted: MLflow keeps those on the model."""
        facts = [self.stage, self.status, self.description or "", dict(self.tags), self.source]
        return hashlib.sha256(canonical_json(facts).encode()).hexdigest()


@dataclass(frozen=True)
class ModelState:
    """A registered model as MLflow holds it, with its aliases and, when asked for, its versions."""

    name: str
    description: str | None
    tags: Mapping[str, str]
    aliases: Mapping[str, int]
    created_at: int
    updated_at: int
    versions: dict[int, VersionState] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Changes with description and tags."""
        return hashlib.sha256(canonical_json([self.description or "", dict(self.tags)]).encode()).hexdigest()

    def aliases_of(self, version: int) -> list[str]:
        """Return the aliases that name a version."""
        return sorted(alias for alias, holder in self.aliases.items() if holder == version)


@contextmanager
def mlflow_errors(what: str) -> Iterator[None]:
    """Turn what MLflow raises into our errors; ``what`` begins the message."""
    load_mlflow()
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        kinds: dict[str, type[MlnbError]] = {
            "RESOURCE_DOES_NOT_EXIST": NotFoundError,
            "NOT_FOUND": NotFoundError,
            "RESOURCE_ALREADY_EXISTS": AlreadyExistsError,
            "INVALID_PARAMETER_VALUE": InvalidParameterError,
        }
        kind = kinds.get(error.error_code, RegistryUnavailableError)
        hint = (
            "Try again; if it stays, look at tracking_uri in mlnb.toml." if kind is RegistryUnavailableError else None
        )
        raise kind(f"{what}: {error.message}", hint=hint) from error


class Store:
    """Reads and changes MLflow's registry.

    Parameters
    ----------
    tracking
        The workspace's MLflow.
    """

    def __init__(self, tracking: Tracking) -> None:
        self._tracking = tracking

    @property
    def client(self) -> Any:
        """MLflow's own client."""
        return self._tracking.client()

    def snapshot(self) -> dict[str, ModelState]:
        """Return all models with all their versions, by MLflow name."""
        with mlflow_errors("The registry cannot be read"):
            models = {item.name: _model(item) for item in _all(self.client.search_registered_models, 200)}
            for item in _all(self.client.search_model_versions, 5000):
                if item.name in models and item.current_stage != _DELETED:
                    models[item.name].versions[int(item.version)] = _version(item)
        return models

    def model(self, name: str) -> ModelState | None:
        """Return one model with its versions, None when MLflow has none of that name."""
        load_mlflow()
        from mlflow.exceptions import MlflowException

        with mlflow_errors("The registry cannot be read"):
            try:
                model = _model(self.client.get_registered_model(name))
            except (MlflowException, NotFoundError) as error:
                if getattr(error, "error_code", "") in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    return None
                raise
            quoted = name.replace("'", "''")
            for item in _all(self.client.search_model_versions, 5000, f"name='{quoted}'"):
                if item.name == name and item.current_stage != _DELETED:
                    model.versions[int(item.version)] = _version(item)
        return model

    def names(self) -> list[str]:
        """Return MLflow's names of all models."""
        with mlflow_errors("The registry cannot be read"):
            return [item.name for item in _all(self.client.search_registered_models, 200)]

    def create_model(self, name: str, description: str | None, tags: Mapping[str, str]) -> None:
        """Create a model; one that exists stays as it is."""
        with mlflow_errors(f"{name} was not created"):
            try:
                self.client.create_registered_model(name, tags=dict(tags) or None, description=description)
            except Exception:
                if self.model(name) is None:
                    raise

    def delete_model(self, name: str) -> None:
        """Delete a model that has no versions."""
        with mlflow_errors(f"{name} was not deleted"):
            self.client.delete_registered_model(name)

    def create_version(self, name: str, args: Mapping[str, Any], await_ready: float) -> int:
        """Create a version and link it to its logged model, as ``mlflow.register_model`` does; return its number."""
        with mlflow_errors(f"No version of {name} was created"), self._tracking.plainly():
            made = self.client.create_model_version(
                name,
                args["source"],
                run_id=args.get("run_id"),
                tags=dict(args["tags"]),
                description=args.get("description"),
                await_creation_for=int(await_ready),
                model_id=args.get("model_id"),
            )
        return int(made.version)

    def link_logged_model(self, name: str, version: int, model_id: str) -> None:
        """Note the version on the logged model, where MLflow's own screens look for it."""
        import json

        load_mlflow()
        from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

        with mlflow_errors(f"{name} {version} was not linked"):
            tags = self.client.get_logged_model(model_id).tags
            links = json.loads(tags.get(MLFLOW_MODEL_VERSIONS) or "[]")
            entry = {"name": name, "version": version}
            if entry not in links:
                self.client.set_logged_model_tags(model_id, {MLFLOW_MODEL_VERSIONS: json.dumps([*links, entry])})

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Let an alias name a version."""
        with mlflow_errors(f"@{alias} was not set"):
            self.client.set_registered_model_alias(name, alias, str(version))

    def delete_alias(self, name: str, alias: str) -> None:
        """Take an alias away; one that is not there is no error."""
        with mlflow_errors(f"@{alias} was not deleted"):
            self.client.delete_registered_model_alias(name, alias)

    def set_model_tag(self, name: str, key: str, value: str) -> None:
        """Set a tag of a model."""
        with mlflow_errors(f"{name} was not tagged"):
            self.client.set_registered_model_tag(name, key, value)

    def run(self, run_id: str) -> Any:
        """Return MLflow's run, None when it does not exist (any more)."""
        load_mlflow()
        from mlflow.exceptions import MlflowException

        try:
            return self.client.get_run(run_id)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise RegistryUnavailableError(f"Run {run_id} cannot be read: {error.message}") from error


def _all(search: Callable[..., Any], size: int, filter_string: str | None = None) -> Iterator[Any]:
    token = None
    while True:
        page = search(filter_string=filter_string, max_results=size, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _model(item: Any) -> ModelState:
    return ModelState(
        name=item.name,
        description=item.description or None,
        tags=dict(item.tags),
        aliases={alias: int(version) for alias, version in item.aliases.items()},
        created_at=item.creation_timestamp,
        updated_at=item.last_updated_timestamp,
    )


def _version(item: Any) -> VersionState:
    return VersionState(
        version=int(item.version),
        stage=item.current_stage or "None",
        status=item.status,
        description=item.description or None,
        tags=dict(item.tags),
        source=item.source,
        run_id=item.run_id or None,
        user=item.user_id or None,
        created_at=item.creation_timestamp,
        updated_at=item.last_updated_timestamp,
    )
