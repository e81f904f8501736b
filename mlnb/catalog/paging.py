"""Pages by key: a token holds the last key of a page and what the list was asked for, so it cannot be used for another list."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json

from mlnb.core.errors import InvalidParameterError

DEFAULT_PAGE = 500
MAX_PAGE = 1000


class InvalidPageTokenError(InvalidParameterError):
    """A page token that is damaged or belongs to another list."""

    default_hint = "Use next_page_token of the previous page of the same list, or ask for the first page without one."


def encode(last: str, question: str) -> str:
    """Make the token that continues after the key ``last`` of the list that ``question`` describes."""
    content = json.dumps([last, _mark(question)], ensure_ascii=False)
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode(token: str | None, question: str) -> str | None:
    """Return the key to continue after, None for the first page.

    Raises
    ------
    InvalidPageTokenError
        When the token is damaged or was made for another question.
    """
    if not token:
        return None
    try:
        last, mark = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError) as error:
        raise InvalidPageTokenError("The page token is damaged.") from error
    if mark != _mark(question) or not isinstance(last, str):
        raise InvalidPageTokenError("The page token belongs to another list.")
    return last


def size(max_results: int | None) -> int:
    """Return the page size asked for: none or 0 is the default, anything above the limit is cut to it.

    Raises
    ------
    InvalidParameterError
        When it is negative.
    """
    if max_results is not None and max_results < 0:
        raise InvalidParameterError("max_results may not be negative.", hint=f"Use 1 to {MAX_PAGE}, or 0.")
    return min(max_results or DEFAULT_PAGE, MAX_PAGE)


def _mark(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()[:12]
