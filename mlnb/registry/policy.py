"""Who has to agree, and whether this caller is one of them: derived from the scope card's ``signoff``.

Without a card nobody is asked: a lone user never has to ask for permission, unless the setting ``require`` wants a card. On one operating-system account, four eyes is a record of
two names, not a security boundary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mlnb.core.caller import Caller
from mlnb.core.errors import PermissionDeniedError
from mlnb.scope.service import is_named

from .records import ModelPolicy
from .store import SCOPE_TAG

if TYPE_CHECKING:
    from mlnb.scope.records import Scope
    from mlnb.scope.service import Scopes

    from .store import ModelState, Store

#: Aliases that mean "in use"; others, such as @challenger, are free.
GUARDED = ("@champion", "@production")


def scope_name(store: Store, model: ModelState | None, run_id: str | None) -> str | None:
    """Return the card a model is judged by: the model's own tag, else its run's."""
    if model is not None and SCOPE_TAG in model.tags:
        return model.tags[SCOPE_TAG]
    run = store.run(run_id) if run_id else None
    return run.data.tags.get(SCOPE_TAG) if run is not None else None


def policy_of(name: str, scopes: Scopes, card_name: str | None) -> ModelPolicy:
    """Return the policy of a model judged by ``card_name``."""
    if card_name is None:
        # Nobody has to agree; what the setting says of models without a card is told, or holds them back.
        told = scopes.holdouts.settings.require != "off"
        return ModelPolicy(name=name, guarded=list(GUARDED) if told else [])
    scope: Scope = scopes.get(card_name)
    roles = {role.role: role.who for role in scope.card.signoff.all_roles}
    return ModelPolicy(
        name=name,
        scope_name=scope.name,
        scope_version=scope.version,
        guarded=list(GUARDED),
        protected=list(GUARDED) if roles else [],
        roles=roles,
        four_eyes=scope.card.signoff.four_eyes,
    )


def roles_of(caller: Caller, policy: ModelPolicy) -> list[str]:
    """Return the roles in which the caller may approve."""
    return [role for role, who in policy.roles.items() if is_named(caller, who)]


def check_approver(
    caller: Caller, policy: ModelPolicy, target: str, *, requesters: Iterable[str], authors: Iterable[str]
) -> list[str]:
    """Return the caller's roles, or refuse.

    Parameters
    ----------
    target
        Where the version is to go.
    requesters
        Who asked.
    authors
        Who made the version or its run.

    Raises
    ------
    PermissionDeniedError
        The hint names who may approve.
    """
    if not policy.is_protected(target):
        return []
    roles = roles_of(caller, policy)
    allowed = ", ".join(f"{', '.join(who)} as {role}" for role, who in policy.roles.items())
    if not roles:
        raise PermissionDeniedError(
            f"{caller.principal} may not decide about {target} of {policy.name}.",
            hint=f"The scope card {policy.scope_name} names {allowed}.",
        )
    if policy.four_eyes and caller.principal in {*requesters, *authors}:
        why = "asked for it" if caller.principal in set(requesters) else "made this version"
        raise PermissionDeniedError(
            f"Four eyes: {caller.principal} {why} and may not approve it.", hint=f"Somebody else has to: {allowed}."
        )
    return roles


def missing_roles(policy: ModelPolicy, target: str, approved: Mapping[str, str]) -> list[str]:
    """Return the roles that have not approved."""
    return [role for role in policy.roles if role not in approved] if policy.is_protected(target) else []
