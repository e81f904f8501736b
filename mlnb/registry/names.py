"""Names: three levels here, one flat name in MLflow, and what the user may write for either."""

from __future__ import annotations

import re
from typing import NamedTuple

from pydantic import BaseModel

from mlnb.core.errors import InvalidParameterError

_PART = re.compile(r"[^\s./:@\\\"'`%]{1,255}")
_ALIAS = re.compile(r"[\w-]{1,255}")
_RESERVED_ALIAS = re.compile(r"latest|v\d+", re.IGNORECASE)
STAGES = ("none", "staging", "production", "archived")


class ModelNameError(InvalidParameterError):
    """A model, version or alias that cannot be named so."""


class Defaults(BaseModel):
    """The part of ``[catalog]`` that completes short names."""

    default_catalog: str = "main"
    default_schema: str = "default"


class Reference(NamedTuple):
    """A version as the user named it: by number or by alias."""

    name: str
    version: int | None
    alias: str | None


class Names:
    """Completes, checks and translates model names.

    A bare MLflow name such as ``fraud`` is shown as ``main.default.fraud`` and never renamed.
    """

    def __init__(self, defaults: Defaults) -> None:
        self._defaults = defaults

    def shown(self, mlflow_name: str) -> str:
        """Return the three-level name under which MLflow's is shown."""
        parts = mlflow_name.split(".")
        if len(parts) == 1:
            return f"{self._defaults.default_catalog}.{self._defaults.default_schema}.{mlflow_name}"
        return f"{self._defaults.default_catalog}.{mlflow_name}" if len(parts) == 2 else mlflow_name

    def candidates(self, name: str) -> list[str]:
        """Return the MLflow names that ``name`` may stand for, the likeliest first."""
        full = self.shown(name)
        prefixes = (
            f"{self._defaults.default_catalog}.{self._defaults.default_schema}.",
            f"{self._defaults.default_catalog}.",
        )
        found = [name, full, *(full.removeprefix(prefix) for prefix in prefixes)]
        return list(dict.fromkeys(found))

    def new(self, name: str) -> str:
        """Return the full name for a model to be created.

        Raises
        ------
        ModelNameError
            When a part has a character that MLflow or the catalog refuses.
        """
        full = self.shown(name.strip())
        parts = full.split(".")
        if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts):
            raise ModelNameError(
                f"{name!r} cannot name a model.",
                hint="Use catalog.schema.model, such as main.ml.flights; parts have no dot, slash, colon, @, quote or space.",
            )
        return full


def parse_reference(text: str) -> Reference:
    """Read ``models:/c.s.m@alias``, ``models:/c.s.m/3``, ``c.s.m@alias`` or ``c.s.m/3``.

    Raises
    ------
    ModelNameError
        When the text names no version.
    """
    rest = text.strip().removeprefix("models:/").strip("/")
    if "@" in rest:
        name, _, alias = rest.partition("@")
        if name and alias:
            return Reference(name, None, alias_of(alias))
    elif "/" in rest:
        name, _, version = rest.rpartition("/")
        if name and version.isascii() and version.isdigit():
            return Reference(name, int(version), None)
    raise ModelNameError(
        f"{text!r} does not name a model version.",
        hint="Write models:/catalog.schema.model@alias or models:/catalog.schema.model/3.",
    )


def alias_of(text: str) -> str:
    """Return an alias without its ``@``.

    Raises
    ------
    ModelNameError
        When MLflow would refuse it, or a stage was meant.
    """
    alias = text.removeprefix("@")
    if not text.startswith("@") and alias.casefold() in STAGES:
        raise ModelNameError(
            f"{text} is a stage; versions move by alias here.",
            hint=f"Write @{'champion' if alias.casefold() == 'production' else alias.lower()}.",
        )
    if not _ALIAS.fullmatch(alias):
        raise ModelNameError(f"{text!r} cannot be an alias.", hint="Use letters, digits, _ and -, such as @champion.")
    if _RESERVED_ALIAS.fullmatch(alias):
        raise ModelNameError(
            f"{text!r} is reserved and cannot be an alias.",
            hint="Take another word, such as @champion; latest and v3 name versions.",
        )
    return alias


def target_of(text: str) -> str:
    """Return what a version is moved to, with its ``@``."""
    return f"@{alias_of(text)}"


def subject(name: str, version: int | None = None) -> str:
    """Return the journal's subject of a model or a version."""
    return f"model:{name}" if version is None else f"model_version:{name}/{version}"
