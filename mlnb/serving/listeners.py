"""Listening sockets: bound by the supervisor, passed to endpoint processes, kept so that none is ever lost with a process."""

from __future__ import annotations

import errno
import socket
from collections.abc import Collection, Iterable

from .errors import PortInUseError

#: Connections that may wait while the endpoint process is being started again.
BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises
    ------
    PortInUseError
        When another process has the port, or it may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port whose last process just ended counts as free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            why = (
                "is in use by another process"
                if error.errno == errno.EADDRINUSE
                else "may only be used by the administrator"
            )
            raise PortInUseError(
                f"Port {port} {why}.", hint="Choose another one, or leave --port out to get a free one."
            ) from None
        raise
    return listener


def bind_first(host: str, ports: Iterable[int], *, reserved: Collection[int] = ()) -> socket.socket:
    """Return a listening socket on the first free port.

    Raises
    ------
    PortInUseError
        When none is free.
    """
    tried = 0
    for port in ports:
        tried += 1
        if port in reserved:
            continue
        try:
            return bind(host, port)
        except PortInUseError:
            continue
    raise PortInUseError(
        f"None of the {tried} ports of [serving] port_range is free.",
        hint="Delete endpoints, or widen port_range in mlnb.toml.",
    )


def port_of(listener: socket.socket) -> int:
    """Return the port a socket listens on."""
    return int(listener.getsockname()[1])


class Listeners:
    """The copies this supervisor holds, by endpoint and port."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, int], socket.socket] = {}

    def get(self, endpoint_id: str, port: int | None = None) -> socket.socket | None:
        """Return the socket of an endpoint, on any port when none is given."""
        for (owner, held_port), listener in self._held.items():
            if owner == endpoint_id and port in (None, held_port):
                return listener
        return None

    def keep(self, endpoint_id: str, listener: socket.socket) -> None:
        """Hold a socket; a copy of one that is held already is closed."""
        key = (endpoint_id, port_of(listener))
        if key in self._held:
            listener.close()
        else:
            self._held[key] = listener

    def release(self, endpoint_id: str, *, but: int | None = None) -> None:
        """Close an endpoint's sockets, except the one on port ``but``."""
        for key in [key for key in self._held if key[0] == endpoint_id and key[1] != but]:
            self._held.pop(key).close()

    def owners(self) -> set[str]:
        """Return the endpoints whose sockets are held."""
        return {owner for owner, _ in self._held}
