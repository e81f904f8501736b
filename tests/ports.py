"""A port for a server that is told its port when it starts."""

from __future__ import annotations

import random
import socket

#: Below those that the system gives to outgoing connections, of which one could take the port before the server has it.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Return a port of the loopback interface on which nobody listens."""
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
