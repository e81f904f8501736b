"""The environment of a run: a lock of every installed distribution, and the requirements of a model.

MLflow infers a model's requirements by loading it in a process of its own, which takes ten seconds. Here they follow from the modules of
the model's classes, and both answers are computed once per process.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..records import RunGit

#: Import name -> distributions that must be there to load what it pickled.
_KNOWN = {
    "sklearn": ("scikit-learn", "numpy", "scipy", "cloudpickle"),
    "lightgbm": ("lightgbm", "numpy", "scipy", "cloudpickle"),
    "xgboost": ("xgboost", "xgboost-cpu", "numpy", "scipy", "cloudpickle"),
    "catboost": ("catboost", "numpy"),
    "statsmodels": ("statsmodels", "numpy"),
    "numpy": ("numpy",),
    "pandas": ("pandas",),
    "scipy": ("scipy",),
}
#: What every pyfunc needs.
_ALWAYS = ("mlflow", "pandas")
_NAME = re.compile(r"[-_.]+")


def lock_text() -> str:
    """Return the environment as text: interpreter, platform, and ``name==version`` of every distribution, sorted."""
    return _lock(_path_state())


def environment_facts() -> dict[str, str]:
    """Return the short form: versions and the lock's hash."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "lock_sha256": hashlib.sha256(lock_text().encode()).hexdigest(),
    }


def environment_tags(git: RunGit) -> dict[str, str | None]:
    """Return the tags that say with which packages and at which commit code runs."""
    facts = environment_facts()
    return {
        "mlnb.env.sha256": facts["lock_sha256"],
        "mlnb.python": facts["python"],
        "mlflow.source.git.commit": git.commit,
        "mlflow.source.git.branch": git.branch,
        "mlflow.source.git.repoURL": git.repository,
        "mlflow.source.git.dirty": None if git.dirty is None else str(git.dirty).lower(),
    }


def _path_state() -> tuple[tuple[str, float], ...]:
    # Installing a package touches its folder, so this key notices `%pip install` in a running kernel.
    return tuple((path, os.stat(path).st_mtime) for path in sys.path if path and os.path.isdir(path))


@lru_cache(maxsize=2)
def _lock(state: tuple[tuple[str, float], ...]) -> str:
    found: dict[str, str] = {}
    for path, _ in state:
        for name, version in _distributions(Path(path)):
            found.setdefault(_NAME.sub("-", name).lower(), version)
    head = [f"# python {platform.python_version()} ({sys.implementation.name})", f"# {platform.platform()}"]
    return "\n".join([*head, *(f"{name}=={version}" for name, version in sorted(found.items()))]) + "\n"


def _distributions(folder: Path) -> Iterator[tuple[str, str]]:
    """Read names and versions off the folders' names: opening 300 metadata files would cost half a second."""
    with os.scandir(folder) as entries:
        for entry in entries:
            stem, dot, suffix = entry.name.rpartition(".")
            if dot and suffix == "dist-info" and "-" in stem:
                name, version = stem.rsplit("-", 1)
                yield name, version
            elif suffix in ("egg-info", "egg-link") and stem:
                name, _, rest = stem.partition("-")
                yield name, rest.split("-", 1)[0] or "0"


def requirements(model: Any, *, extra: Iterable[str] = ()) -> list[str]:
    """Return the pinned requirements of a model, sorted.

    Parameters
    ----------
    model
        An estimator, pipeline, booster or pyfunc model.
    extra
        Further import names the model needs, such as its flavor's.
    """
    return list(_requirements(frozenset(modules_of(model)) | frozenset(extra)))


def modules_of(model: Any) -> set[str]:
    """Return the top-level packages of a model's class, its bases, and the steps and parts inside it."""
    found: set[str] = set()
    seen: set[int] = set()
    stack = [(model, 0)]
    while stack:
        item, depth = stack.pop()
        if id(item) in seen or depth > 6 or len(seen) > 2000:
            continue
        seen.add(id(item))
        if isinstance(item, (list, tuple)):
            stack += [(part, depth + 1) for part in item[:100]]
        elif isinstance(item, dict):
            stack += [(part, depth + 1) for part in list(item.values())[:100]]
        elif not isinstance(item, (str, bytes, int, float, bool, type(None))):
            found.update(base.__module__.partition(".")[0] for base in type(item).__mro__)
            stack += [(part, depth + 1) for part in list(getattr(item, "__dict__", {}).values())[:200]]
    return {name for name in found if name not in sys.stdlib_module_names and name not in ("builtins", "__main__")}


@lru_cache(maxsize=64)
def _requirements(modules: frozenset[str]) -> tuple[str, ...]:
    names = set(_ALWAYS)
    for module in modules:
        names.update(_KNOWN.get(module) or _owners(module))
    pinned = []
    for name in names:
        try:
            pinned.append(f"{name}=={metadata.version(name)}")
        except metadata.PackageNotFoundError:  # of two names for one import (xgboost), one is not installed
            continue
    return tuple(sorted(pinned))


@lru_cache(maxsize=1)
def _by_module() -> dict[str, list[str]]:
    return dict(metadata.packages_distributions())


def _owners(module: str) -> list[str]:
    return _by_module().get(module, [])
