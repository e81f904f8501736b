"""The line between supervisor and endpoint process: a Unix socket for status, draining and handing over the listening socket.

The listening socket outlives any one process that way: a supervisor holds a copy, so connections wait in its backlog while a killed
endpoint process is started again; and a new supervisor gets its copy from the process it adopts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import stat
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from mlnb.core.errors import StorageError

#: Unix socket addresses may have about 108 bytes.
_MAX_ADDRESS: Final = 100

Handler = Callable[[str], dict[str, Any]]


def socket_folder(workspace: Path) -> Path:
    """Return the private folder of a workspace's control sockets, creating it.

    Inside the workspace, or, where that path is too long for a socket's address, in the computer's temporary folder.

    Raises
    ------
    StorageError
        When the folder in the temporary folder belongs to somebody else.
    """
    folder = workspace / "serving" / "run"
    if len(os.fsencode(folder)) + 24 > _MAX_ADDRESS:
        digest = hashlib.sha256(os.fsencode(workspace)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"mlnb-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise StorageError(
            f"{folder} belongs to somebody else.", hint="Remove it, or set TMPDIR to a folder of your own."
        )
    folder.chmod(0o700)
    return folder


class ControlServer(threading.Thread):
    """Answers the supervisor, in a thread of its own so that a busy event loop does not look dead.

    Parameters
    ----------
    address
        Path of the socket.
    handle
        Called with the command, returns the answer.
    listener
        Returns the listening socket to hand over, None before there is one.
    """

    def __init__(self, address: Path, handle: Handler, listener: Callable[[], socket.socket | None]) -> None:
        super().__init__(name="control", daemon=True)
        self._handle = handle
        self._listener = listener
        self._address = address
        address.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(address))
        self._server.listen(8)

    def run(self) -> None:
        """Serve until closed."""
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, ValueError):
                connection.settimeout(5)
                command = connection.recv(4096).decode().strip()
                answer = json.dumps(self._handle(command)).encode()
                listener = self._listener() if command == "socket" else None
                if listener is not None:
                    socket.send_fds(connection, [answer], [listener.fileno()])
                else:
                    connection.sendall(answer)

    def close(self) -> None:
        """Stop and remove the socket."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._address.unlink(missing_ok=True)


def ask(address: str, command: str, *, timeout: float = 3.0) -> dict[str, Any] | None:
    """Send a command to an endpoint process; None when it does not answer."""
    answer, listener = _ask(address, command, timeout)
    if listener is not None:
        listener.close()
    return answer


def fetch_socket(address: str, *, timeout: float = 3.0) -> socket.socket | None:
    """Return a copy of the listening socket of an endpoint process, None when it has or gives none."""
    return _ask(address, "socket", timeout)[1]


def _ask(address: str, command: str, timeout: float) -> tuple[dict[str, Any] | None, socket.socket | None]:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(address)
            connection.sendall(command.encode() + b"\n")
            data, descriptors, _, _ = socket.recv_fds(connection, 65536, 1)
            return json.loads(data), socket.socket(fileno=descriptors[0]) if descriptors else None
    except (OSError, ValueError):
        return None, None
