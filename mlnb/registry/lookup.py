"""From what the user wrote to the model and version that MLflow holds, with the nearest names when there is none."""

from __future__ import annotations

from typing import NamedTuple

from mlnb.core.errors import NotFoundError, did_you_mean

from .names import ModelNameError, Names, alias_of
from .store import ModelState, Store, VersionState


class ModelNotFoundError(NotFoundError):
    """No registered model of that name."""

    code = "MODEL_NOT_FOUND"


class ModelVersionNotFoundError(NotFoundError):
    """The model has no such version."""

    code = "MODEL_VERSION_NOT_FOUND"


class AliasNotFoundError(NotFoundError):
    """The model has no such alias."""

    code = "ALIAS_NOT_FOUND"


class Found(NamedTuple):
    """A version with its model and the three-level name it is shown under."""

    name: str
    model: ModelState
    version: VersionState


class Lookup:
    """Finds models and versions.

    Parameters
    ----------
    store, names
        The registry's parts.
    """

    def __init__(self, store: Store, names: Names) -> None:
        self._store = store
        self._names = names

    def model(self, name: str) -> ModelState:
        """Return a model by its three-level, two-level or bare name.

        Raises
        ------
        ModelNotFoundError
            With the nearest names as hint.
        """
        found = self.model_or_none(name)
        if found is None:
            known = [self._names.shown(item) for item in self._store.names()]
            hint = did_you_mean(self._names.shown(name), known)
            listed = (
                f"Registered models: {', '.join(sorted(known)[:10])}."
                if known
                else "Nothing is registered yet: %register NAME."
            )
            raise ModelNotFoundError(f"There is no registered model {name}.", hint=hint or listed)
        return found

    def model_or_none(self, name: str) -> ModelState | None:
        """Return a model, None when there is none."""
        for candidate in self._names.candidates(name.strip()):
            found = self._store.model(candidate) if candidate else None
            if found is not None:
                return found
        return None

    def version(self, name: str, version: int | str) -> Found:
        """Return a version by number (``3``, ``"3"``) or alias (``"@champion"``).

        Raises
        ------
        ModelVersionNotFoundError, AliasNotFoundError
            With the versions or aliases that exist as hint.
        """
        model = self.model(name)
        shown = self._names.shown(model.name)
        number = self._number(model, shown, version)
        if number not in model.versions:
            known = ", ".join(str(item) for item in sorted(model.versions)[-10:])
            raise ModelVersionNotFoundError(
                f"{shown} has no version {version}.",
                hint=f"Its versions: {known}." if known else "It has no versions yet.",
            )
        return Found(shown, model, model.versions[number])

    def _number(self, model: ModelState, shown: str, version: int | str) -> int:
        text = str(version).strip()
        if text.isascii() and text.isdigit():
            return int(text)
        if not text.startswith("@"):
            raise ModelNameError(
                f"{version!r} is no version.", hint="Write a number, such as 3, or an alias, such as @champion."
            )
        alias = alias_of(text)
        if alias not in model.aliases:
            listed = ", ".join(f"@{item} (version {model.aliases[item]})" for item in sorted(model.aliases))
            near = did_you_mean(alias, model.aliases)
            raise AliasNotFoundError(
                f"{shown} has no alias @{alias}.",
                hint=f"{near + ' ' if near else ''}"
                + (f"Its aliases: {listed}." if listed else f"Set one: %promote {shown} VERSION --to @{alias}."),
            )
        return model.aliases[alias]
