"""Who is asking, and from where: a context variable that the skin sets and everything below reads."""

from __future__ import annotations

import getpass
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Source = Literal["kernel", "rest", "cli", "job"]


@dataclass(frozen=True)
class Caller:
    """The person and place behind a call.

    Attributes
    ----------
    principal
        User name, as it appears in the journal.
    source
        The skin the call came through.
    notebook, cell_id, run_id, job_run_id
        Where the call was made, as far as it is known.
    trusted
        Whether this is the workspace's own work (its supervisor, a refresh), which no privilege is asked for.
    agent
        The assistant that acts for the person, None when the person does; ``MLNB_AGENT`` names it in the process of one.
    """

    principal: str
    source: Source = "kernel"
    groups: tuple[str, ...] = ()
    request_id: str | None = None
    notebook: str | None = None
    cell_id: str | None = None
    run_id: str | None = None
    job_run_id: str | None = None
    trusted: bool = False
    agent: str | None = field(default_factory=lambda: os.environ.get("MLNB_AGENT") or None)


_current: ContextVar[Caller | None] = ContextVar("mlnb_caller", default=None)
_trusted_process = False


def trust_process() -> None:
    """Make what this process does by itself the workspace's own work: for the supervisor and the processes of endpoints."""
    global _trusted_process
    _trusted_process = True


#: Set when the client of the running call has gone away.
_left: ContextVar[threading.Event | None] = ContextVar("mlnb_client_left", default=None)


def client_left() -> threading.Event | None:
    """Return what is set when the client of the running call goes away, None where there is no such client."""
    return _left.get()


@contextmanager
def answering(left: threading.Event) -> Iterator[None]:
    """Let the work inside the block see when its client goes away."""
    token = _left.set(left)
    try:
        yield
    finally:
        _left.reset(token)


def default_principal() -> str:
    """Return the name used when no skin says otherwise: ``MLNB_USER``, the Hub's user, the login name."""
    for variable in ("MLNB_USER", "JUPYTERHUB_USER"):
        if os.environ.get(variable):
            return os.environ[variable]
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a uid without a name, as in some containers
        return f"uid-{os.getuid()}"


def current_caller() -> Caller:
    """Return the caller of the running call; outside any skin a kernel caller with the default principal."""
    return _current.get() or Caller(
        default_principal(), job_run_id=os.environ.get("MLNB_JOB_RUN_ID"), trusted=_trusted_process
    )


@contextmanager
def calling(caller: Caller | None = None, **changes: Any) -> Iterator[Caller]:
    """Make ``caller`` (or the current one with ``changes``) the caller inside the block."""
    new = replace(caller or current_caller(), **changes)
    token = _current.set(new)
    try:
        yield new
    finally:
        _current.reset(token)


def set_caller(caller: Caller | None) -> None:
    """Set the caller for the rest of this context: for hosts with hooks before and after a cell instead of a block."""
    _current.set(caller)
