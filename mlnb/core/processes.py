"""Worker processes: started in sessions of their own, recognised again after a restart, ended as a group.

A process id alone is never trusted: it may have been given to somebody else since. A process is the same one only if host, boot,
process id and start time agree.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .files import storage_errors

#: Start times are compared with this tolerance in seconds: the kernel counts them in ticks of 10 ms.
_SAME_START_S = 0.5


@dataclass(frozen=True)
class ProcessIdentity:
    """What tells one process from every other.

    Attributes
    ----------
    host
        Name of the computer.
    boot_id
        Changes with every start of the computer.
    pid
        Process id, also its group's.
    created
        Start time, seconds since the epoch.
    """

    host: str
    boot_id: str
    pid: int
    created: float


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Return an identifier of this start of the computer."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        import psutil

        return f"boot-{int(psutil.boot_time())}"


def host_name() -> str:
    """Return the name of this computer."""
    return socket.gethostname()


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a running process of this computer, None when there is none (or only its zombie)."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessIdentity(host_name(), boot_id(), pid, process.create_time())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def current_process() -> ProcessIdentity:
    """Return the identity of this process."""
    identity = identify(os.getpid())
    assert identity is not None
    return identity


def spawn(
    argv: Sequence[str],
    *,
    log_path: str | os.PathLike[str],
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    pass_fds: Sequence[int] = (),
) -> ProcessIdentity:
    """Start a process in a session of its own, so that it outlives this one.

    Parameters
    ----------
    argv
        Program and arguments; no shell is involved.
    log_path
        File that its standard output and error are appended to.
    env
        Variables added to this process's environment.
    """
    with storage_errors(log_path):
        Path(log_path).parent.mkdir(parents=True, exist_ok=True)
        with open(log_path, "ab") as log:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,
                pass_fds=tuple(pass_fds),
            )
    identity = identify(process.pid)
    _children[process.pid] = process
    return identity or ProcessIdentity(host_name(), boot_id(), process.pid, time.time())


#: Children of this process, kept so that ended ones are reaped instead of staying zombies.
_children: dict[int, subprocess.Popen[bytes]] = {}


def is_alive(identity: ProcessIdentity) -> bool:
    """Return whether exactly this process still runs; processes of other computers are taken to run."""
    if identity.host != host_name():
        return True
    child = _children.get(identity.pid)
    if child is not None and child.poll() is not None:
        _children.pop(identity.pid, None)
        return False
    found = identify(identity.pid)
    return (
        found is not None
        and found.boot_id == identity.boot_id
        and abs(found.created - identity.created) < _SAME_START_S
    )


def exit_code(identity: ProcessIdentity) -> int | None:
    """Return how a child of this process ended, None while it runs or when it is nobody's child here."""
    child = _children.get(identity.pid)
    return None if child is None else child.poll()


def terminate(identity: ProcessIdentity, *, grace_s: float = 10.0) -> bool:
    """End a process and its group: politely first, after ``grace_s`` seconds by force. Return whether it is gone."""
    if identity.host != host_name():
        return False
    for signal_number, wait_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 5.0)):
        if not is_alive(identity):
            return True
        signal_group(identity, signal_number)
        if wait_until_gone(identity, timeout_s=wait_s):
            return True
    return False


def wait_until_gone(identity: ProcessIdentity, *, timeout_s: float) -> bool:
    """Wait until a process has ended; return whether it has."""
    deadline = time.monotonic() + timeout_s
    while is_alive(identity):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def signal_group(identity: ProcessIdentity, signal_number: int) -> None:
    """Send a signal to the process's group, or to the process alone when it leads none."""
    if not is_alive(identity):
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(identity.pid) == identity.pid:
            os.killpg(identity.pid, signal_number)
        else:
            os.kill(identity.pid, signal_number)
