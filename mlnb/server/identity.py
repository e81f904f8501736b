"""Who a request comes from, and whether Jupyter lets them do it.

Jupyter authenticates; its built-in providers know a token but no person and invent an "Anonymous …" name per cookie, which must never
become a principal. Then the workspace's ``user`` setting names the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.caller import Caller

if TYPE_CHECKING:
    from mlnb.server.route import Route


@dataclass(frozen=True)
class Identity:
    """A request's person.

    Attributes
    ----------
    username
        The name a provider that knows people gives, ``None`` when the workspace's setting decides.
    how
        ``provider`` or ``setting``.
    provider
        Class name of Jupyter's identity provider.
    credential
        What the request showed: ``token`` or ``cookie``.
    groups
        The person's groups, as the provider names them; a grant to one of them binds.
    agent
        The assistant that asks in the person's name, as it says itself in ``X-Mlnb-Agent``: it may do less, never more.
    """

    username: str | None = None
    how: Literal["provider", "setting"] = "setting"
    provider: str = ""
    credential: Literal["token", "cookie"] = "token"
    request_id: str = ""
    groups: tuple[str, ...] = ()
    agent: str | None = None

    def principal(self, workspace_user: str) -> str:
        """Return the name that goes into the journal."""
        return self.username or workspace_user

    def caller(self, workspace_user: str) -> Caller:
        """Return the person as the caller of a request."""
        return Caller(
            principal=self.principal(workspace_user),
            source="rest",
            # A grant names no kind of principal: a group called like the workspace's user must not own what is the user's.
            groups=tuple(group for group in self.groups if group != workspace_user),
            request_id=self.request_id,
            agent=self.agent,
        )


current: ContextVar[Identity | None] = ContextVar("mlnb_identity", default=None)


def identify(handler: Any, request_id: str = "") -> Identity:
    """Read the identity of an authenticated Jupyter handler."""
    provider = handler.identity_provider
    user = handler.current_user
    knows_people = not type(provider).__module__.startswith("jupyter_server.auth")
    anonymous = str(getattr(user, "name", "") or "").startswith("Anonymous ")
    username = str(user.username) if knows_people and not anonymous else None
    return Identity(
        username=username,
        how="provider" if username else "setting",
        provider=type(provider).__name__,
        credential="token" if handler.token_authenticated else "cookie",
        request_id=request_id,
        groups=groups_of(user) if username else (),
        agent=handler.request.headers.get("X-Mlnb-Agent", "").strip()[:100] or None,
    )


def groups_of(user: Any) -> tuple[str, ...]:
    """Return the groups of a provider's user: its own ``groups``, or those of JupyterHub's user model.

    Parameters
    ----------
    user
        What ``IdentityProvider.get_user`` returned. Jupyter's own class has no groups; a provider adds them as names or as objects with a
        name, and JupyterHub keeps its model in ``hub_user``.
    """
    hub = getattr(user, "hub_user", None)
    given = getattr(user, "groups", None) or (hub.get("groups") if isinstance(hub, Mapping) else None) or ()
    if isinstance(given, str) or not isinstance(given, Iterable):
        return ()
    named = (item.get("name") if isinstance(item, Mapping) else getattr(item, "name", item) for item in given)
    return tuple(dict.fromkeys(name for name in named if isinstance(name, str) and name.strip()))


async def is_allowed(handler: Any, route: Route) -> bool:
    """Ask Jupyter's authorizer about this operation.

    It is asked here, per request, and not through ``@authorized``: that decorator keeps the action of the first request it sees, so
    one method for all verbs would check a later POST as a read.
    """
    from jupyter_core.utils import ensure_async

    answer = handler.authorizer.is_authorized(
        handler, handler.current_user, route.effective_action, f"mlnb:{route.resource}"
    )
    return bool(await ensure_async(answer))
