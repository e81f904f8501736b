"""Registering: from a logged model to a version, checked before anything is created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import AlreadyExistsError, InvalidParameterError, PermissionDeniedError

from .artifacts import Artifacts, ModelFiles, digest, read_signature
from .gates import Gates, refuse_if_blocked
from .lookup import Lookup
from .names import Names
from .operations import Operations
from .policy import policy_of, scope_name
from .records import ModelPolicy
from .store import DIGEST_TAG, OPERATION_TAG, SCOPE_TAG, Store

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.scope.service import Scopes


class SignatureMissingError(InvalidParameterError):
    """A model that does not say what it takes and gives."""

    code = "SIGNATURE_MISSING"


class Registration:
    """Creates models and versions.

    Parameters
    ----------
    store, names, lookup, artifacts, gates, operations, scopes, catalog
        The registry's parts.
    """

    def __init__(
        self,
        store: Store,
        names: Names,
        lookup: Lookup,
        artifacts: Artifacts,
        gates: Gates,
        operations: Operations,
        scopes: Scopes,
        catalog: Catalog,
    ) -> None:
        self._store = store
        self._names = names
        self._lookup = lookup
        self._artifacts = artifacts
        self._gates = gates
        self._operations = operations
        self._scopes = scopes
        self._catalog = catalog

    def register(
        self,
        model_uri: str,
        name: str,
        target: str | None,
        description: str | None,
        tags: Mapping[str, str] | None,
        await_ready: float,
    ) -> tuple[str, int]:
        """Create the next version; return the model's full name and the version's number. See ``Models.register``."""
        model = self._lookup.model_or_none(name)
        full = self._names.shown(model.name) if model is not None else self._new_name(name)
        kept = _checked_tags(tags)
        files = self._artifacts.find(model_uri)
        if read_signature(files.folder) is None:
            raise SignatureMissingError(
                f"{model_uri} has no signature, so nobody could tell what to send it.",
                hint="Log it again with signature=infer_signature(X, model.predict(X)), then register that.",
            )
        card = scope_name(self._store, model, files.run_id)
        if target is not None:
            policy = policy_of(full, self._scopes, card)
            refuse_protected(policy, full, None, target)
            report = self._gates.judge_run(files.run_id, files.folder, target, policy, model)
            refuse_if_blocked(report, full, None, target)
        args = _create_args(files, kept, description)
        args |= {"mlflow_name": model.name if model is not None else full, "await_ready": await_ready}
        # The first version brings its card to the model, so that later runs without one are judged by it too.
        args["model_tags"] = {SCOPE_TAG: card} if card else {}
        number, _ = self._operations.carry_out(self._operations.start("create", full, 0, args))
        return full, number

    def create(self, name: str, description: str | None, tags: Mapping[str, str] | None) -> str:
        """Create a model without versions; return its full name."""
        full, kept = self._new_name(name), _checked_tags(tags)
        if self._lookup.model_or_none(full) is not None:
            raise AlreadyExistsError(
                f"Registered model {full} exists already.", hint="Register the next version: %register NAME."
            )
        args = {"mlflow_name": full, "description": description, "tags": kept}
        self._operations.carry_out(self._operations.start("create_model", full, 0, args))
        return full

    def _new_name(self, name: str) -> str:
        """Return the full name of a model to be created, in a schema that exists."""
        full = self._names.new(name)
        self._catalog.schema_info(full.rpartition(".")[0])
        return full


def refuse_protected(policy: ModelPolicy, name: str, version: int | None, target: str) -> None:
    """Refuse a direct move of a protected alias.

    Raises
    ------
    PermissionDeniedError
        The hint is the request to make instead.
    """
    if not policy.is_protected(target):
        return
    who = "; ".join(f"{role}: {', '.join(people)}" for role, people in policy.roles.items())
    ask = "Register without an alias, then ask" if version is None else "Ask"
    raise PermissionDeniedError(
        f"{target} of {name} needs approval ({who}).",
        hint=f"{ask} for it: %promote {name} {'VERSION' if version is None else version} --to {target} --request.",
    )


def _checked_tags(tags: Mapping[str, str] | None) -> dict[str, str]:
    kept = {str(key): str(value) for key, value in (tags or {}).items()}
    reserved = sorted({OPERATION_TAG, DIGEST_TAG} & set(kept))
    if reserved:
        raise InvalidParameterError(
            f"Tag {reserved[0]!r} is set by the registry itself.", hint="Use another name for the tag."
        )
    if "" in kept:
        raise InvalidParameterError("A tag needs a name.", hint="Write name=value.")
    return kept


def _create_args(files: ModelFiles, tags: Mapping[str, str], description: str | None) -> dict[str, Any]:
    found = digest(files.folder)
    return {
        "source": files.source,
        "run_id": files.run_id,
        "model_id": files.model_id,
        "description": description,
        "tags": {**tags, DIGEST_TAG: found},
        "artifact_digest": found,
    }
