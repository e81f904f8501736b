"""Page tokens: opaque positions in a sorted list, bound to the query they belong to.

A token holds the sort key of the last row given out, so a page is found by the index and rows inserted meanwhile shift nothing. It
carries a digest of the filter: with another filter, or damaged, it is refused instead of answering with the wrong rows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlnb.core.errors import FieldViolation, InvalidParameterError

DEFAULT_PAGE = 100
MAX_PAGE = 1000


def page_size(requested: int | None, *, default: int = DEFAULT_PAGE, maximum: int = MAX_PAGE) -> int:
    """Return the number of rows of a page: 0 and absent mean the default, as the platform's client expects."""
    if not requested:
        return default
    if requested < 0:
        raise InvalidParameterError(
            "The page size must not be negative.", fields=[FieldViolation("max_results", "must be 0 or more")]
        )
    return min(requested, maximum)


def encode_token(position: Sequence[Any], filters: Mapping[str, Any] | None = None) -> str:
    """Make the token that continues after ``position`` (JSON values)."""
    text = json.dumps(list(position), separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(_digest(text, filters) + text.encode()).decode().rstrip("=")


def decode_token(token: str | None, filters: Mapping[str, Any] | None = None) -> list[Any] | None:
    """Return the position of a token, ``None`` for the first page.

    Raises
    ------
    InvalidParameterError
        When the token is damaged or belongs to a query with other filters.
    """
    if not token:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        text = raw[_DIGEST:].decode()
        position = json.loads(text)
    except (ValueError, binascii.Error, RecursionError):
        raise _refused() from None
    # The digest of the canonical text: a token that decodes to the same position from other bits is refused too.
    if (
        not isinstance(position, list)
        or raw[:_DIGEST] != _digest(text, filters)
        or encode_token(position, filters) != token
    ):
        raise _refused()
    return position


_DIGEST = 8  # bytes; it guards against mistakes, not against people, who may read what they may read anyway


def _digest(text: str, filters: Mapping[str, Any] | None) -> bytes:
    bound = json.dumps(dict(filters or {}), sort_keys=True, default=str)
    return hashlib.sha256(f"{text}\0{bound}".encode()).digest()[:_DIGEST]


def _refused() -> InvalidParameterError:
    return InvalidParameterError(
        "The page token does not belong to this query.",
        hint="Use the token only with the filters it was made with; leave it out to start from the beginning.",
        fields=[FieldViolation("page_token", "not a token of this query")],
    )
