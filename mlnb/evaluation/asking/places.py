"""Where a model that somebody names from afar may lie: loading it runs its code, so only what was logged in this workspace is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.core.errors import PermissionDeniedError
from mlnb.core.tracking import is_server, load_mlflow
from mlnb.training.recording.artifacts import local_folder

if TYPE_CHECKING:
    from mlnb.core.tracking import Tracking

_HINT = "Log the model in a run of this workspace, or evaluate it in a notebook."
#: A version may be made from another one; a chain longer than this is none that anybody made on purpose.
_LONGEST_CHAIN = 5


def refuse_elsewhere(uri: str, tracking: Tracking) -> None:
    """Refuse an address whose files are not in the workspace's own artifact store.

    Raises
    ------
    PermissionDeniedError
        When they lie anywhere else.
    MlflowException
        When there is no such run or model.
    """
    if not uri.startswith(("models:/", "runs:/")):
        raise PermissionDeniedError(f"{uri} is no model of this workspace.", hint=_HINT)
    if is_server(tracking.uri):  # a tracking server has its own rules for where models lie
        return
    address = _address(uri)
    if not _is_inside(address, tracking.artifact_root):
        raise PermissionDeniedError(f"The files of {uri} are outside the workspace's artifact store.", hint=_HINT)


def _address(uri: str) -> str:
    """Return where the files of a model are, as MLflow will read them."""
    load_mlflow()
    from mlflow.store.artifact.models_artifact_repo import ModelsArtifactRepository
    from mlflow.store.artifact.runs_artifact_repo import RunsArtifactRepository

    models: Any = ModelsArtifactRepository
    address = uri
    for _ in range(_LONGEST_CHAIN):
        if address.startswith("runs:/"):
            address = RunsArtifactRepository.get_underlying_uri(address)
        elif address.startswith("models:/"):
            whole, path = models.split_models_uri(address)
            address = "/".join(filter(None, (models.get_underlying_uri(whole), path)))
        else:
            break
    return address


def _is_inside(address: str, root: str) -> bool:
    folder, home = local_folder(address), local_folder(root)
    if folder is not None:
        return home is not None and folder.resolve().is_relative_to(home.resolve())
    return home is None and address.startswith(root.rstrip("/") + "/") and ".." not in address.split("/")
