"""MLflow's autologging inside one block: switched on for the libraries the code uses, without models, and as before afterwards.

Switching a library's autologging on for the first time wraps its functions, which stays; whether a wrapped function logs is asked of MLflow's
configuration at each call. So the configuration alone is what is exchanged here, and nothing is on outside the block.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from .quiet import quiet

log = logging.getLogger("mlnb.training")

#: Package -> MLflow's module and the name it configures. A library of several names is entered under each.
_LIBRARIES = {
    "sklearn": ("mlflow.sklearn", "sklearn"),
    "lightgbm": ("mlflow.lightgbm", "lightgbm"),
    "xgboost": ("mlflow.xgboost", "xgboost"),
    "statsmodels": ("mlflow.statsmodels", "statsmodels"),
    "keras": ("mlflow.keras", "keras"),
    "tensorflow": ("mlflow.tensorflow", "tensorflow"),
    "lightning": ("mlflow.pytorch", "pytorch"),
    "pytorch_lightning": ("mlflow.pytorch", "pytorch"),
    "transformers": ("mlflow.transformers", "transformers"),
}
#: MLflow's defaults but for these: models take ten seconds each, data is recorded by the run, and nobody asked for advice.
_CHOSEN = {"log_models": False, "log_datasets": False, "silent": True}

#: What was on in this process before: configuration by name, as MLflow made it from our arguments.
_made: dict[str, dict[str, Any]] = {}
#: What was left behind. When something else stands there, somebody called ``autolog`` since, and with ``disable=True`` that unwraps.
_left: dict[str, dict[str, Any]] = {}


def libraries(imported: Iterable[str]) -> list[str]:
    """Return the packages that can be logged among those imported already and those that the code imports."""
    names = {*imported, *(name for name in _LIBRARIES if name in sys.modules)}
    return [name for name in _LIBRARIES if name in names]


@contextmanager
def autologging(packages: Iterable[str]) -> Iterator[None]:
    """Log what these libraries do inside the block to the active run; a library whose autologging is on already is left as it is."""
    from mlflow.utils.autologging_utils import AUTOLOGGING_INTEGRATIONS

    configured: dict[str, Any] = AUTOLOGGING_INTEGRATIONS
    before: dict[str, dict[str, Any]] = {}
    for module, name in dict.fromkeys(_LIBRARIES[package] for package in packages):
        own = dict(configured.get(name) or {})
        if own and not own.get("disable", True):
            continue
        if _switch_on(configured, module, name):
            before[name] = own
    try:
        with _without_others_warnings():
            yield
    finally:
        for name, own in before.items():
            # an own choice made inside the block stays
            if configured.get(name) == _made.get(name):
                configured[name] = _left[name] = own or {"disable": True}


def _switch_on(configured: dict[str, Any], module: str, name: str) -> bool:
    if name in _made and configured.get(name) is _left.get(name):
        configured[name] = dict(_made[name])
        return True
    try:
        with quiet():
            function = importlib.import_module(module).autolog
            known = inspect.signature(function).parameters
            function(**{key: value for key, value in _CHOSEN.items() if key in known})
    except Exception as error:  # a library that is not installed, or of a version MLflow does not know
        log.debug("no autologging of %s: %s", name, error)
        return False
    _made[name] = dict(configured[name])
    return True


@contextmanager
def _without_others_warnings() -> Iterator[None]:
    """Show no warning that MLflow provokes while it logs: the code that would have to change is not the user's."""
    shown = warnings.showwarning

    def show(message: Any, category: Any, filename: str, lineno: int, *rest: Any, **more: Any) -> None:
        if not _called_by_mlflow():
            shown(message, category, filename, lineno, *rest, **more)

    warnings.showwarning = show
    try:
        yield
    finally:
        if warnings.showwarning is show:
            warnings.showwarning = shown


def _called_by_mlflow() -> bool:
    """Return whether MLflow, logging, made the call that warns: its frames come before any of the cell's."""
    frame = sys._getframe(2)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name == "__main__":
            return False
        if name.startswith(("mlflow.sklearn", "mlflow.lightgbm", "mlflow.xgboost", "mlflow.statsmodels")):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
