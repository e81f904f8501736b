"""Registered models, their versions and aliases, and the way to a protected alias (``ws.models``).

MLflow is the registry: names, versions, aliases, tags and descriptions live there and nowhere else. Around it stand requests, approvals and
gates (metastore) and the history (journal).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mlnb.core.errors import InvalidParameterError, InvalidStateError, PermissionDeniedError
from mlnb.core.records import Page
from mlnb.core.supervisor import Reconciler
from mlnb.scope.service import ScopeNotFoundError

from .activities import feed
from .artifacts import Artifacts, digest
from .gates import Gates, refuse_if_blocked
from .lookup import Found, Lookup
from .names import Defaults, Names, parse_reference, subject, target_of
from .operations import Operations
from .policy import policy_of, scope_name
from .reconcile import OUTSIDE, Reconciliation, RegistryReconciler
from .records import (
    Activities,
    Approval,
    ModelPolicy,
    ModelVersion,
    RegisteredModel,
    Transition,
    TransitionRequest,
    TransitionRequests,
)
from .registration import Registration, refuse_protected
from .requests import Requests, alias_args
from .store import ModelState, Store, mlflow_errors
from .views import Views

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.evaluation.service import Evaluation
    from mlnb.scope.gates import GateReport
    from mlnb.scope.service import Scopes
    from mlnb.training.service import Runs

VersionRef: TypeAlias = int | str


class ModelFilesChangedError(InvalidStateError):
    """Files that are not those that were registered."""

    code = "MODEL_FILES_CHANGED"


class Models:
    """The workspace's model registry.

    ``version`` is a number or an alias (``3``, ``"3"``, ``"@champion"``); ``to`` is an alias (``"@champion"``).

    Parameters
    ----------
    ground
        The workspace's stores.
    catalog, scopes, runs, evaluation
        The stages below: schemas, cards and gates, the runs and evaluations that are the evidence.
    """

    def __init__(
        self,
        ground: Ground,
        catalog: Catalog,
        scopes: Scopes,
        runs: Runs,  # noqa: ARG002 (runs are read through MLflow and the evaluations; the door hands every stage below)
        evaluation: Evaluation,
    ) -> None:
        self._ground = ground
        self._scopes = scopes
        self._store = Store(ground.tracking)
        self._names = Names(ground.settings.section("catalog", Defaults))
        self._lookup = Lookup(self._store, self._names)
        self._artifacts = Artifacts(ground, self._store)
        self._gates = Gates(catalog, scopes, evaluation, self._artifacts)
        self._operations = Operations(ground, self._store)
        self._requests = Requests(ground, self._operations, self._gates, scopes)
        self._registration = Registration(
            self._store, self._names, self._lookup, self._artifacts, self._gates, self._operations, scopes, catalog
        )
        self._views = Views(ground, self._store, self._names, self._artifacts, self._gates)
        self._reconciliation = Reconciliation(
            ground,
            self._store,
            self._names,
            self._operations,
            on_alias=self._alias_observed,
            on_gone=self._requests.drop,
        )

    # -- register and read ---------------------------------------------------------------------------------------------

    def register(
        self,
        model_uri: str,
        name: str,
        *,
        alias: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        await_ready: float = 300.0,
    ) -> ModelVersion:
        """Register a logged model as the next version of ``name``, which is created when it does not exist.

        Parameters
        ----------
        model_uri
            ``runs:/RUN_ID/NAME`` or ``models:/m-…``.
        name
            ``catalog.schema.model``.
        alias
            Given to the new version at once, as by :meth:`promote`; refused before anything is created when gates or sign-off stand
            against it.

        Raises
        ------
        NotFoundError
            When there is no such run or model.
        SignatureMissingError
            When the model has no signature.
        """
        self.reconcile()
        target = target_of(alias) if alias is not None else None
        full, number = self._registration.register(model_uri, name, target, description, tags, await_ready)
        if target is not None:
            self.promote(full, number, target)
        return self.version(full, number)

    def create(
        self, name: str, *, description: str | None = None, tags: Mapping[str, str] | None = None
    ) -> RegisteredModel:
        """Create a model without versions.

        Raises
        ------
        AlreadyExistsError
            When there is one of that name.
        """
        self.reconcile()
        return self.get(self._registration.create(name, description, tags))

    def get(self, name: str) -> RegisteredModel:
        """Return a model with its newest versions, its open requests and the last closed ones.

        Raises
        ------
        ModelNotFoundError
            With the nearest names as hint.
        """
        self.reconcile()
        model = self._lookup.model(name)
        shown = self._names.shown(model.name)
        requests = self._requests.list(shown, state=None, policy=self._policy_or_none(model))
        return self._views.whole(model, requests[:200])

    def version(self, name: str, version: VersionRef) -> ModelVersion:
        """Return one version, with its signature and open requests."""
        self.reconcile()
        found = self._lookup.version(name, version)
        policy = self._policy_or_none(found.model)
        requests = self._requests.list(found.name, found.version.version, policy=policy)
        return self._views.version(found.model, found.version, requests, signature=True)

    def resolve(self, uri: str) -> ModelVersion:
        """Return the version that ``models:/c.s.m@alias``, ``models:/c.s.m/3``, ``c.s.m@alias`` or ``c.s.m/3`` names.

        Raises
        ------
        ModelNotFoundError, ModelVersionNotFoundError, AliasNotFoundError
            With the nearest names as hint.
        """
        reference = parse_reference(uri)
        return self.version(
            reference.name, reference.version if reference.version is not None else f"@{reference.alias}"
        )

    def local_path(self, version: ModelVersion | str) -> Path:
        """Return the folder with a version's files, after checking that they are those that were registered.

        Raises
        ------
        ModelFilesChangedError
            When a file was changed after registration.
        StorageError
            When the files are not in the workspace's artifact store.
        """
        found = self.resolve(version) if isinstance(version, str) else version
        folder = self._artifacts.folder_of_source(found.source or "")
        if found.artifact_digest is not None and digest(folder) != found.artifact_digest:
            raise ModelFilesChangedError(
                f"The files of {found.name} version {found.version} were changed after registration.",
                hint="Log the model again and register that as a new version.",
            )
        return folder

    def search(
        self,
        filter: str | None = None,
        *,
        order_by: Sequence[str] | None = None,
        max_results: int = 100,
        page_token: str | None = None,
    ) -> Page[RegisteredModel]:
        """Return models, filtered and ordered in MLflow's own language (``name LIKE '%flights%'``)."""
        self.reconcile()
        with mlflow_errors("The search failed"):
            page = self._store.client.search_registered_models(
                filter_string=filter,
                max_results=max_results,
                order_by=list(order_by or []) or None,
                page_token=page_token,
            )
        models, waiting = self._store.snapshot(), self._requests.open_counts()
        states = [models[item.name] for item in page if item.name in models]
        lines = [self._views.line(state, waiting.get(self._names.shown(state.name), 0)) for state in states]
        return Page[RegisteredModel](items=lines, next_page_token=page.token or None)

    def search_versions(
        self,
        filter: str | None = None,
        *,
        order_by: Sequence[str] | None = None,
        max_results: int = 100,
        page_token: str | None = None,
    ) -> Page[ModelVersion]:
        """Return versions of all models, filtered and ordered in MLflow's own language (``run_id = '…'``)."""
        self.reconcile()
        with mlflow_errors("The search failed"):
            page = self._store.client.search_model_versions(
                filter_string=filter,
                max_results=max_results,
                order_by=list(order_by or []) or None,
                page_token=page_token,
            )
        models, requests = self._store.snapshot(), self._requests.list()
        items = []
        for item in page:
            model = models.get(item.name)
            state = model.versions.get(int(item.version)) if model else None
            if model is not None and state is not None:
                mine = [request for request in requests if request.name == self._names.shown(model.name)]
                items.append(self._views.version(model, state, mine))
        return Page[ModelVersion](items=items, next_page_token=page.token or None)

    # -- aliases, promotion and approval -------------------------------------------------------------------------------

    def promote(
        self, name: str, version: VersionRef, to: str, *, comment: str | None = None, request: bool = False
    ) -> Transition | TransitionRequest:
        """Let an alias name a version, or ask for it with ``request=True``.

        Raises
        ------
        PermissionDeniedError
            When the scope card wants approvals for this alias: it has to be requested.
        GateError
            When a gate of the scope card blocks; the message names observed and required values.
        """
        self.reconcile()
        target, found = target_of(to), self._lookup.version(name, version)
        policy = self._policy(found)
        if request:
            return self._requests.create(found, target, policy, comment)
        number = found.version.version
        if found.model.aliases.get(target.removeprefix("@")) == number:
            return Transition(name=found.name, version=number, to=target, previous=number)
        refuse_protected(policy, found.name, number, target)
        report = self._gates.judge_version(found, target, policy, None)
        refuse_if_blocked(report, found.name, number, target)
        waiting = self._requests.list(found.name, number, target=target)
        args = alias_args(found, target, comment) | {"request_ids": [item.id for item in waiting]}
        with self._ground.metastore.begin():
            self._scopes.record(subject(found.name, number), report)
            operation = self._operations.start("alias", found.name, number, args)
        return self._requests.move(operation, found, target, report)

    def set_alias(self, name: str, alias: str, version: VersionRef) -> Transition:
        """Let an alias name a version: :meth:`promote` without a comment."""
        moved = self.promote(name, version, target_of(alias))
        assert isinstance(moved, Transition)
        return moved

    def delete_alias(self, name: str, alias: str) -> None:
        """Take an alias away.

        Raises
        ------
        AliasNotFoundError
            When the model does not have it.
        PermissionDeniedError
            When the alias is protected: it can only be moved, with approval.
        """
        self.reconcile()
        target = target_of(alias)
        found = self._lookup.version(name, target)
        if self._policy(found).is_protected(target):
            raise PermissionDeniedError(
                f"{target} of {found.name} is protected and cannot be taken away.",
                hint=f"Ask for another version to become {target}: %promote {found.name} VERSION --to {target} --request.",
            )
        args = alias_args(found, target, None)
        self._operations.carry_out(self._operations.start("alias_delete", found.name, found.version.version, args))

    def request(self, name: str, version: VersionRef, to: str, *, comment: str | None = None) -> TransitionRequest:
        """Ask for a version to get an alias."""
        asked = self.promote(name, version, to, comment=comment, request=True)
        assert isinstance(asked, TransitionRequest)
        return asked

    def approve(self, name: str, version: VersionRef, to: str, *, comment: str | None = None) -> Approval:
        """Approve what was asked for; with the last role's approval the alias moves.

        Raises
        ------
        NoOpenRequestError, PermissionDeniedError, GateError
            When nobody asked, the caller may not, or a gate blocks; nothing is recorded then.
        """
        self.reconcile()
        found = self._lookup.version(name, version)
        return self._requests.approve(found, target_of(to), self._policy(found), self._authors(found), comment)

    def reject(self, name: str, version: VersionRef, to: str, *, comment: str | None = None) -> Approval:
        """Reject what was asked for."""
        self.reconcile()
        found = self._lookup.version(name, version)
        return self._requests.reject(found, target_of(to), self._policy(found), comment)

    def cancel_request(
        self, name: str, version: VersionRef, to: str, *, creator: str | None = None, comment: str | None = None
    ) -> Approval:
        """Take back one's own request."""
        self.reconcile()
        return self._requests.cancel(self._lookup.version(name, version), target_of(to), creator, comment)

    def requests(
        self, name: str | None = None, version: VersionRef | None = None, *, state: str | None = "open"
    ) -> TransitionRequests:
        """Return requests, newest first; ``state=None`` for closed ones too."""
        self.reconcile()
        if state not in (None, "open", "approved", "rejected", "cancelled"):
            raise InvalidParameterError(
                f"{state!r} is no state.", hint="Use open, approved, rejected, cancelled or None."
            )
        if name is None:
            return self._requests.list(state=state)
        if version is not None:
            found = self._lookup.version(name, version)
            return self._requests.list(found.name, found.version.version, state=state, policy=self._policy(found))
        model = self._lookup.model(name)
        shown = self._names.shown(model.name)
        return self._requests.list(shown, state=state, policy=self._policy_or_none(model))

    def count_open_requests(self) -> int:
        """Return how many requests wait for a decision; asks the metastore alone, so that a status line may."""
        return sum(self._requests.open_counts().values())

    def check(self, name: str, version: VersionRef, to: str = "@champion") -> GateReport:
        """Judge a version on its way to an alias, changing nothing; approvals that are still missing count as unknown."""
        self.reconcile()
        target, found = target_of(to), self._lookup.version(name, version)
        approved = self._requests.approved(found.name, found.version.version, target)
        return self._gates.judge_version(found, target, self._policy(found), approved)

    def policy(self, name: str, version: VersionRef | None = None) -> ModelPolicy:
        """Return who has to agree before this version of the model, by default the newest, gets a protected alias."""
        if version is not None:
            return self._policy(self._lookup.version(name, version))
        return self._policy_of(self._lookup.model(name))

    def activities(self, name: str, version: VersionRef | None = None, *, limit: int = 100) -> Activities:
        """Return what happened to a model, or to one version, newest first."""
        self.reconcile()
        if version is not None:
            found = self._lookup.version(name, version)
            return feed(self._ground.journal, found.name, found.version.version, limit)
        return feed(self._ground.journal, self._names.shown(self._lookup.model(name).name), None, limit)

    # -- changes made elsewhere ----------------------------------------------------------------------------------------

    def reconcile(self) -> int:
        """Journal what plain MLflow changed and finish what a crash left behind; return how many events were written."""
        return self._reconciliation.run()

    def reconcilers(self) -> Sequence[Reconciler]:
        """Return what the supervisor runs."""
        return [RegistryReconciler(self.reconcile)]

    def _alias_observed(self, name: str, version: int, alias: str, event: int) -> None:
        """Settle the requests that an outside move answers; a protected one without approval is marked."""
        target = f"@{alias}"
        self._requests.settle_outside(name, version, target, event)
        policy = self._policy_or_none(self._lookup.model_or_none(name))
        if policy is not None and policy.is_protected(target):
            payload = {"version": version, "to": target, "event": event, "observed": True}
            self._ground.journal.append(
                "model_version.unreviewed_change", subject(name, version), payload, actor=OUTSIDE
            )

    # -- helpers -------------------------------------------------------------------------------------------------------

    def _policy(self, found: Found) -> ModelPolicy:
        return policy_of(found.name, self._scopes, scope_name(self._store, found.model, found.version.run_id))

    def _policy_of(self, model: ModelState) -> ModelPolicy:
        newest = model.versions.get(max(model.versions, default=0))
        card = scope_name(self._store, model, newest.run_id if newest else None)
        return policy_of(self._names.shown(model.name), self._scopes, card)

    def _policy_or_none(self, model: ModelState | None) -> ModelPolicy | None:
        """Return the policy for showing; None when the model or the card it names is gone."""
        try:
            return self._policy_of(model) if model is not None else None
        except ScopeNotFoundError:
            return None

    def _authors(self, found: Found) -> list[str]:
        """Return who made the version and its run."""
        run = self._store.run(found.version.run_id) if found.version.run_id else None
        by_run = run.data.tags.get("mlflow.user") if run is not None else None
        by_version = self._views.users(found.model.name).get(found.version.version) or found.version.user
        return [author for author in (by_version, by_run) if author and author != OUTSIDE]
