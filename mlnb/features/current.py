"""The feature store that a call without a workspace means: that of this process, else the one found from the current folder.

The platform's client is made without arguments, and MLflow loads a model without telling it where it lives.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.core.errors import InvalidStateError

if TYPE_CHECKING:
    from .service import Features

_open: weakref.WeakValueDictionary[Path, Features] = weakref.WeakValueDictionary()


def register(features: Features, path: Path) -> None:
    """Remember an open feature store by its workspace folder."""
    _open[path] = features


def current_features(model_dir: Path | None = None) -> Features:
    """Return the feature store to use.

    Parameters
    ----------
    model_dir
        Folder of a model: when it lies inside a workspace, that one is meant.

    Raises
    ------
    InvalidStateError
        When no workspace is open and none is found; none is created.
    """
    from mlnb.core.ground import FOLDER, Ground, find_workspace

    if model_dir is not None:
        inside = next((folder for folder in model_dir.resolve().parents if folder in _open), None)
        if inside is not None:
            return _open[inside]
    folder = find_workspace()
    if folder in _open:
        return _open[folder]
    if not (folder / "metastore.db").is_file() and not (folder / "mlnb.toml").is_file():
        opened = list(_open.values())
        if opened:
            return opened[-1]
        parents = model_dir.resolve().parents if model_dir is not None else ()
        found = next((parent for parent in parents if parent.name == FOLDER), None)
        if found is None:
            raise InvalidStateError(
                "No workspace is open, so features cannot be looked up.",
                hint="Open one first: ws = mlnb.workspace(), or set MLNB_WORKSPACE.",
            )
        folder = found
    from mlnb.catalog.service import Catalog
    from mlnb.scope.guarding import guard
    from mlnb.scope.service import Scopes

    from .service import Features

    ground = Ground(folder)
    catalog = Catalog(ground)
    scopes = Scopes(ground, catalog)
    guard(catalog, lambda: scopes)
    features = Features(ground, catalog)
    _kept.append(features)
    return features


#: Stores opened here, for the life of the process: the registry above holds only weak references.
_kept: list[Features] = []
