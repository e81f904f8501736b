"""Runs in the background on the workers of a Dask scheduler, which must reach the workspace's folder and stores.

A task starts the same process there that the supervisor would start here and waits for it. Everything else, the row, the log, stopping,
is as for a process of this computer. The scheduler keeps the task without a client, so a supervisor may come and go.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

log = logging.getLogger("mlnb.training")

#: Seconds to wait for a scheduler, and before it is asked again.
_TIMEOUT_S = 5
_PAUSE_S = 10.0


class DaskClusters:
    """Hands runs to schedulers and hears what became of their tasks.

    Parameters
    ----------
    ground
        The workspace's stores.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._clients: dict[str, Any] = {}
        self._asked: dict[str, float] = {}
        self._submitted: set[str] = set()
        self._failed: dict[str, str] = {}
        self._lock = threading.Lock()

    def submit(self, address: str, run_id: str, log_path: str) -> str | None:
        """Hand a run to a scheduler, once; return why its task failed, None when it did not.

        Raises
        ------
        OSError
            When the scheduler does not answer; it is not asked again for some seconds.
        """
        with self._lock:
            if run_id in self._submitted:
                return self._failed.get(run_id)
        client = self._client(address)
        import distributed

        keep: Any = distributed.fire_and_forget
        command = [*self._ground.command, "--run", run_id]
        # The key names the run: a supervisor that hands it over again gets the task that is there already.
        task = client.submit(
            work_there, command, str(self._ground.root), log_path, key=f"mlnb-run-{run_id}", pure=False
        )
        keep(task)
        task.add_done_callback(lambda done: self._over(run_id, done))
        with self._lock:
            self._submitted.add(run_id)
        return None

    def _client(self, address: str) -> Any:
        if time.monotonic() - self._asked.get(address, -_PAUSE_S) < _PAUSE_S:
            raise OSError(f"The Dask scheduler {address} does not answer.")
        known = self._clients.get(address)
        if known is not None and known.status == "running":
            return known
        import distributed

        connect: Any = distributed.Client
        self._asked[address] = time.monotonic()
        url = "tcp://" + address.removeprefix("dask://")
        client = connect(url, timeout=_TIMEOUT_S, set_as_default=False, name="mlnb")
        del self._asked[address]
        self._clients[address] = client
        return client

    def _over(self, run_id: str, task: Any) -> None:
        if task.status == "error":
            with self._lock:
                self._failed[run_id] = f"{task.exception()}"

    def forget(self, run_id: str) -> None:
        """Forget a run that has ended."""
        with self._lock:
            self._submitted.discard(run_id)
            self._failed.pop(run_id, None)

    def close(self) -> None:
        """Leave the schedulers; their tasks go on."""
        for client in self._clients.values():
            client.close()


def work_there(command: Sequence[str], cwd: str, log_path: str) -> int:
    """Start the process of a run on a worker, with the worker's own Python, and wait for it."""
    with open(log_path, "ab") as output:
        done = subprocess.run([sys.executable, *command[1:]], cwd=cwd, stdout=output, stderr=output, check=False)
    if done.returncode not in (0, 3):  # 3: somebody else has the run
        raise RuntimeError(f"the process of the run ended with code {done.returncode}; its log is {log_path}")
    return done.returncode
