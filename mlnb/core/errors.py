"""Every error a user can meet.

::

    MlnbError
    ├── InvalidParameterError   INVALID_PARAMETER_VALUE
    ├── NotFoundError           RESOURCE_DOES_NOT_EXIST
    ├── AlreadyExistsError      RESOURCE_ALREADY_EXISTS
    ├── PermissionDeniedError   PERMISSION_DENIED
    ├── InvalidStateError       INVALID_STATE
    ├── ConflictError           RESOURCE_CONFLICT
    ├── PreconditionFailedError PRECONDITION_FAILED
    ├── UnavailableError        TEMPORARILY_UNAVAILABLE
    ├── NotProvidedError        NOT_IMPLEMENTED
    ├── StorageError            STORAGE_ERROR
    └── DataLossError           DATA_LOSS

A stage makes a subclass where a more specific code exists, so that code can catch it by class and clients by code. The same error is
one red line with a hint in a cell, a JSON body in REST, a dialog in Lab and exit code 1 in the shell.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldViolation:
    """One wrong field of a request: ``field`` is its path (``rows[3].age``), ``description`` says what is wrong."""

    field: str
    description: str


class MlnbError(Exception):
    """Base of all errors with a code, a message and a hint.

    Parameters
    ----------
    message
        What went wrong, as one sentence.
    hint
        What to do next.
    code
        Overrides the class's code.
    fields
        The wrong fields of a request.
    details
        Further facts, JSON-serialisable.
    """

    code: str = "INTERNAL_ERROR"
    default_hint: ClassVar[str | None] = None

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: str | None = None,
        fields: Sequence[FieldViolation] = (),
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint
        if code is not None:
            self.code = code
        self.fields = tuple(fields)
        self.details = dict(details or {})

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f" ({self.hint})" if self.hint else "")

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders (workers); keyword-only arguments need help to be pickled.
        return _rebuild, (type(self), self.message, self.hint, self.code, self.fields, self.details)

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to show one red line and the hint instead of a traceback."""
        lines = [f"\x1b[31m{self.code}: {self.message}\x1b[0m"]
        if snippet := self.details.get("snippet"):  # the line of a statement, with a mark below the word
            lines += [f"    {line}" for line in str(snippet).splitlines()]
        if self.hint:
            lines.append(f"\x1b[2mHint: {self.hint}\x1b[0m")
        return lines


def _rebuild(
    cls: type[MlnbError],
    message: str,
    hint: str | None,
    code: str,
    fields: Sequence[FieldViolation],
    details: dict[str, Any],
) -> MlnbError:
    error = cls.__new__(cls)
    MlnbError.__init__(error, message, hint=hint, code=code, fields=fields, details=details)
    return error


class InvalidParameterError(MlnbError):
    """An argument that cannot be right."""

    code = "INVALID_PARAMETER_VALUE"


class NotFoundError(MlnbError):
    """A named thing does not exist."""

    code = "RESOURCE_DOES_NOT_EXIST"


class AlreadyExistsError(MlnbError):
    """The name is taken."""

    code = "RESOURCE_ALREADY_EXISTS"


class PermissionDeniedError(MlnbError):
    """The caller may not do this."""

    code = "PERMISSION_DENIED"


class InvalidStateError(MlnbError):
    """Right in form, but not possible as things stand."""

    code = "INVALID_STATE"


class ConflictError(MlnbError):
    """Somebody else changed the same thing at the same time."""

    code = "RESOURCE_CONFLICT"


class PreconditionFailedError(MlnbError):
    """The state the caller based the change on is no longer current."""

    code = "PRECONDITION_FAILED"


class UnavailableError(MlnbError):
    """A store or process does not answer just now; trying again may help."""

    code = "TEMPORARILY_UNAVAILABLE"


class NotProvidedError(MlnbError):
    """Part of the platform's interface that this product does not provide."""

    code = "NOT_IMPLEMENTED"


class StorageError(MlnbError):
    """Files cannot be read or written: permissions, a full disk."""

    code = "STORAGE_ERROR"


class DataLossError(MlnbError):
    """Stored data is not what was written."""

    code = "DATA_LOSS"


def did_you_mean(name: str, candidates: Iterable[str], *, limit: int = 3) -> str | None:
    """Return ``"Did you mean a, b or c?"`` for the nearest names, or None when nothing is near.

    Parameters
    ----------
    name
        What the user wrote.
    candidates
        The names that exist.
    limit
        At most this many are named.
    """
    names = sorted(set(candidates))
    folded: dict[str, str] = {candidate.casefold(): candidate for candidate in names}
    near = [folded[match] for match in difflib.get_close_matches(name.casefold(), list(folded), n=limit, cutoff=0.5)]
    if not near:
        # A table is often asked for without its schema: the last part alone is then the best clue.
        last = name.rsplit(".", 1)[-1].casefold()
        near = [candidate for candidate in names if candidate.rsplit(".", 1)[-1].casefold() == last][:limit]
    if not near:
        return None
    return f"Did you mean {near[0] if len(near) == 1 else ', '.join(near[:-1]) + ' or ' + near[-1]}?"
