"""Where the platform's catalog paths are answered: twice, because two families of clients spell privileges differently."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from mlnb.server.route import Action, Pool, Route, Verb

if TYPE_CHECKING:
    from pydantic import BaseModel

#: ``USE_CATALOG`` below the first prefix, ``USE CATALOG`` below the second; requests may say either anywhere.
UNITY = "/api/2.1/unity-catalog"
OPEN = "/oss/api/2.1/unity-catalog"

Spelling = Literal["underscores", "spaces"]


def both(
    verb: Verb,
    path: str,
    call: Callable[..., Any],
    request: type[BaseModel] | None,
    response: type[BaseModel] | None,
    summary: str,
    *,
    status: int = 200,
    action: Action | None = None,
    pool: Pool = "fast",
    row: str = "UC-30",
) -> list[Route]:
    """Return a route below each prefix."""
    return [
        Route(
            verb,
            prefix + path,
            call,
            request,
            response,
            resource="catalog",
            status=status,
            action=action,
            pool=pool,
            tag="Unity Catalog",
            summary=summary,
            row=row,
        )
        for prefix in (UNITY, OPEN)
    ]
