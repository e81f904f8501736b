"""Tokens of an endpoint: needed on loopback too, because other users of the computer can connect there.

Two per endpoint: one to query with, which its owner may hand on, and one for the workspace itself, which may say for whom it asks (the
path below the Lab URL forwards with the caller's name). The metastore holds only their hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from mlnb.core.clock import now_ms

from .records import serving_tokens

if TYPE_CHECKING:
    from mlnb.core.files import Files

QUERY: Final = "CAN_QUERY"
MANAGE: Final = "CAN_MANAGE"

#: Header in which a holder of the managing token names the person who asks.
REQUESTER_HEADER: Final = "x-mlnb-requester"


@dataclass(frozen=True)
class Holder:
    """Whose token it is and what it allows."""

    principal: str
    level: str


def digest(value: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(value.encode()).hexdigest()


class TokenFiles:
    """The tokens' files, readable by their owner only.

    Parameters
    ----------
    folder
        ``serving/tokens`` of the workspace.
    """

    def __init__(self, files: Files, folder: Path) -> None:
        self._files = files
        self._folder = folder

    def path(self, endpoint: str, level: str = QUERY) -> Path:
        """Return the file of a token."""
        return self._folder / (endpoint if level == QUERY else f"{endpoint}.workspace")

    def read(self, endpoint: str, level: str = QUERY) -> str | None:
        """Return a token, None when its file is gone."""
        try:
            return self.path(endpoint, level).read_text().strip()
        except OSError:
            return None

    def issue(self, connection: sa.Connection, endpoint_id: str, endpoint: str, principal: str) -> None:
        """Make both tokens of an endpoint; what was valid before no longer is."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        connection.execute(serving_tokens.delete().where(serving_tokens.c.endpoint_id == endpoint_id))
        for level in (QUERY, MANAGE):
            value = secrets.token_urlsafe(32)
            self._files.write_atomic(self.path(endpoint, level), value + "\n", mode=0o600)
            row: dict[str, Any] = {
                "id": secrets.token_hex(8),
                "endpoint_id": endpoint_id,
                "principal": principal,
                "sha256": digest(value),
                "level": level,
                "created_ms": now_ms(),
            }
            connection.execute(serving_tokens.insert().values(row))

    def remove(self, endpoint: str) -> None:
        """Delete an endpoint's files."""
        for level in (QUERY, MANAGE):
            self.path(endpoint, level).unlink(missing_ok=True)


def holders(connection: sa.Connection, endpoint_id: str) -> dict[str, Holder]:
    """Return the valid tokens of an endpoint by hash."""
    query = sa.select(serving_tokens).where(serving_tokens.c.endpoint_id == endpoint_id)
    return {row.sha256: Holder(row.principal, row.level) for row in connection.execute(query)}


def find(authorization: str | None, known: Mapping[str, Holder]) -> Holder | None:
    """Return whose token an ``Authorization`` header holds, None when it holds none of the known ones."""
    if not authorization:
        return None
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() not in ("bearer", "token"):
        return None
    offered = digest(value.strip())
    found: Holder | None = None
    for stored, holder in known.items():  # every one is compared, so the time says nothing
        if hmac.compare_digest(stored, offered):
            found = holder
    return found
