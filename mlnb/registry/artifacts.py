"""A model's files: where they are, what its signature says, and a digest that shows later whether anybody changed them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

from mlnb.core.errors import InvalidParameterError, InvalidStateError, NotFoundError, StorageError, did_you_mean

from .names import parse_reference
from .records import ModelColumn, ModelSignature
from .store import mlflow_errors

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .store import Store

_CHUNK = 1 << 20


class ModelUriError(InvalidParameterError):
    """A model address that is not one of the forms known."""


class ModelFilesNotFoundError(NotFoundError):
    """The address is in order but there is no model behind it."""

    code = "MODEL_NOT_FOUND"


@dataclass(frozen=True)
class ModelFiles:
    """A logged model that can be registered: MLflow's ``source``, and its folder here."""

    source: str
    folder: Path
    run_id: str | None
    model_id: str | None


class Artifacts:
    """Finds models' folders inside the workspace's own artifact store.

    Parameters
    ----------
    ground
        The workspace's stores.
    store
        MLflow's registry.
    """

    def __init__(self, ground: Ground, store: Store) -> None:
        self._ground = ground
        self._store = store

    def find(self, uri: str) -> ModelFiles:
        """Return the model behind ``runs:/RUN/PATH``, ``models:/m-ID`` or ``models:/NAME/VERSION``.

        Raises
        ------
        ModelUriError
            When it is none of these forms.
        NotFoundError
            When there is no such run or model, with the run's models as hint.
        """
        if uri.startswith("runs:/"):
            run_id, _, path = uri.removeprefix("runs:/").strip("/").partition("/")
            if run_id and path:
                return self._of_run(run_id, path)
        elif uri.startswith("models:/m-"):
            return self._of_logged_model(uri.removeprefix("models:/").strip("/"))
        raise ModelUriError(
            f"{uri!r} is not the address of a logged model.",
            hint="Write runs:/RUN_ID/model or models:/m-…, as log_model returned it.",
        )

    def _of_run(self, run_id: str, path: str) -> ModelFiles:
        run = self._store.run(run_id)
        if run is None:
            raise ModelFilesNotFoundError(
                f"There is no run {run_id}.", hint="%mlnb and the experiments panel list the runs."
            )
        with mlflow_errors(f"runs:/{run_id}/{path}"):
            in_run = f"source_run_id='{run_id}'"
            logged = list(self._store.client.search_logged_models([run.info.experiment_id], filter_string=in_run))
            named = [model for model in logged if model.name == path]
            if named:
                newest = max(named, key=lambda model: model.creation_timestamp)
                folder = self.folder(newest.artifact_location)
                return ModelFiles(f"models:/{newest.model_id}", folder, run_id, newest.model_id)
            # Models of older MLflow lie among the run's own artifacts.
            if f"{path}/MLmodel" in [item.path for item in self._store.client.list_artifacts(run_id, path)]:
                source = f"{run.info.artifact_uri.rstrip('/')}/{path}"
                return ModelFiles(source, self.folder(source), run_id, None)
        known = sorted({model.name for model in logged})
        near = did_you_mean(path, known)
        hint = f"The run's models: {', '.join(known)}." if known else "The run logged no model; log one in it first."
        raise ModelFilesNotFoundError(f"Run {run_id} has no model {path!r}.", hint=f"{near} {hint}" if near else hint)

    def _of_logged_model(self, model_id: str) -> ModelFiles:
        try:
            with mlflow_errors(f"models:/{model_id}"):
                model = self._store.client.get_logged_model(model_id)
        except NotFoundError as error:
            raise ModelFilesNotFoundError(
                f"There is no logged model {model_id}.",
                hint="log_model(…).model_uri is its address; deleted models have none.",
            ) from error
        return ModelFiles(
            f"models:/{model_id}", self.folder(model.artifact_location), model.source_run_id or None, model_id
        )

    def folder_of_source(self, source: str) -> Path:
        """Return the folder of a version's source, following ``models:/`` addresses."""
        if source.startswith("models:/m-"):
            return self._of_logged_model(source.removeprefix("models:/").strip("/")).folder
        if source.startswith("runs:/"):
            return self.find(source).folder
        if source.startswith("models:/"):
            reference = parse_reference(source)
            version = reference.version
            with mlflow_errors(source):
                if version is None:
                    version = self._store.client.get_model_version_by_alias(reference.name, reference.alias).version
                inner = self._store.client.get_model_version_download_uri(reference.name, str(version))
            return self.folder_of_source(inner)
        return self.folder(source)

    def folder(self, location: str) -> Path:
        """Return a folder of the workspace's artifact store.

        Raises
        ------
        StorageError
            When the location is not below the artifact store: files from elsewhere are not loaded.
        """
        parsed = urlparse(location)
        if parsed.scheme not in ("", "file"):
            raise StorageError(
                f"The model's files are at {location}, which is not a folder of this computer.",
                hint="Registering and serving read models from the workspace's artifact folder.",
            )
        path = Path(unquote(parsed.path if parsed.scheme else location)).resolve()  # as MLflow, which unquotes both
        root = str(self._ground.tracking.artifact_root)
        roots = [self._ground.path.resolve(), *([Path(urlparse(root).path).resolve()] if root else [])]
        if not any(path.is_relative_to(root) for root in roots):
            raise StorageError(
                f"The model's files are at {path}, outside the workspace's artifact store.",
                hint="Log the model in an experiment of this workspace (%%mlrun), then register it.",
            )
        if not (path / "MLmodel").is_file():
            raise ModelFilesNotFoundError(
                f"There is no model in {path}.", hint="Its files were deleted; log the model again."
            )
        return path


def read_signature(folder: Path) -> ModelSignature | None:
    """Return the signature in a model's folder, None when it states none.

    Raises
    ------
    InvalidStateError
        When ``MLmodel`` cannot be read.
    """
    import yaml

    try:
        described = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
        signature = described.get("signature")
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
        raise InvalidStateError(
            f"{folder / 'MLmodel'} cannot be read: {error}.", hint="Log the model again."
        ) from error
    if not signature or not signature.get("inputs"):
        return None
    return ModelSignature(inputs=_columns(signature["inputs"]), outputs=_columns(signature.get("outputs")))


def _columns(text: str | None) -> list[ModelColumn]:
    import json

    return [_column(item) for item in json.loads(text or "[]")]


def _column(item: dict[str, Any]) -> ModelColumn:
    if item.get("type") == "tensor":
        spec = item.get("tensor-spec") or {}
        return ModelColumn(name=item.get("name"), type=f"tensor<{spec.get('dtype')}>{spec.get('shape')}")
    return ModelColumn(name=item.get("name"), type=str(item.get("type")), required=bool(item.get("required", True)))


def digest(folder: Path) -> str:
    """Return SHA-256 over the sorted relative paths and contents of a folder's files, ``MLmodel`` included."""
    total = hashlib.sha256()
    for path in sorted(_files(folder), key=lambda item: item.relative_to(folder).as_posix()):
        total.update(f"{path.relative_to(folder).as_posix()}\0{_file_hash(path)}\n".encode())
    return total.hexdigest()


def _files(folder: Path) -> list[Path]:
    # What loading a model leaves behind is no change of the model.
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [Path(parent, name) for name in names]
    return found


def _file_hash(path: Path) -> str:
    if path.is_symlink():
        return f"link {os.readlink(path)}"
    content = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            content.update(block)
    return content.hexdigest()
