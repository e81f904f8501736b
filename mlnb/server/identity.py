"""Who a request comes from, and whether Jupyter lets them do it.

Jupyter authenticates; its built-in providers know a token but no person and invent an "Anonymous …" name per cookie, which must never
become a principal. Then the workspace's ``user`` setting names the person.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

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
    """

    username: str | None = None
    how: Literal["provider", "setting"] = "setting"
    provider: str = ""
    credential: Literal["token", "cookie"] = "token"
    request_id: str = ""

    def principal(self, workspace_user: str) -> str:
        """Return the name that goes into the journal."""
        return self.username or workspace_user


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
    )


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
