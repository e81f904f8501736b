"""Makes the endpoint rows true: starts, adopts, restarts, replaces and ends endpoint processes.

Runs inside the supervisor and may be killed between any two instructions. A process is announced in the metastore before it is started
and writes itself into its row, so there is never one that nobody knows; every step looks at rows and reality again.
"""

from __future__ import annotations

import logging
import signal
import sys
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlnb.catalog.pins import hold
from mlnb.core.processes import exit_code, is_alive, signal_group, spawn
from mlnb.core.supervisor import Reconciler

from .config import ServingSettings
from .control import ask, fetch_socket, socket_folder
from .errors import PortInUseError
from .listeners import Listeners, bind, bind_first, port_of
from .store import ACTIVE, DELETED, DRAINING, ROUTER, EndpointRow, ProcessRow, Store

if TYPE_CHECKING:
    import socket

    from mlnb.core.ground import Ground

log = logging.getLogger("mlnb.serving.supervise")

#: A process that was announced but has not said who it is within this time was never started.
_REGISTER_MS: Final = 30_000
#: A living process that does not answer its control socket for this long is replaced.
_SILENT_MS: Final = 30_000
#: A ready process is asked how it is this often.
_ASK_MS: Final = 2_000
#: A process that lived this long was not part of a crash loop.
_STABLE_MS: Final = 60_000
_ACTOR: Final = "supervisor"

#: One thread per library: more than one per process makes small predictions slower by a factor of ten on a shared computer.
_THREADS: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


@dataclass
class Crashes:
    """How often a configuration's processes died in a row, and when the next may be started."""

    count: int = 0
    not_before: int = 0

    def note(self, now: int, lived_ms: float = 0) -> None:
        """Count a death; from the third in a row on, wait longer and longer. One that lived for a while starts a new row."""
        self.count = 1 if lived_ms > _STABLE_MS else self.count + 1
        self.not_before = now + (min(5_000 * 2 ** (self.count - 3), 300_000) if self.count >= 3 else 0)


class EndpointReconciler(Reconciler):
    """Keeps endpoint processes as their rows want them.

    Parameters
    ----------
    ground
        The workspace's stores.
    store
        The rows.
    settings
        The section ``[serving]``.
    """

    name = "endpoints"
    period_ms = 300

    def __init__(self, ground: Ground, store: Store, settings: ServingSettings) -> None:
        self._ground = ground
        self._store = store
        self._settings = settings
        self._listeners = Listeners()
        self._crashes: dict[tuple[str, int], Crashes] = defaultdict(Crashes)
        self._since: dict[str, int] = {}  # process id -> when it fell silent, or began to drain
        self._asked: dict[str, int] = {}
        self._codes: dict[str, int] = {}

    def tick(self, now_ms: int) -> None:
        """Do the next step of every endpoint."""
        processes: dict[str, list[ProcessRow]] = defaultdict(list)
        for row in self._store.processes():
            processes[row.endpoint_id].append(row)
        endpoints = self._store.endpoints()
        for endpoint in endpoints:
            try:
                self._reconcile(endpoint, processes.pop(endpoint.id, []), now_ms)
            except Exception:
                log.exception("endpoint %s: a step failed; it is tried again", endpoint.name)
        for row in (row for rows in processes.values() for row in rows):  # their endpoints are gone
            if self._lives(row, now_ms):
                self._kill(row)
            else:
                self._forget(row)
        for owner in self._listeners.owners() - {endpoint.id for endpoint in endpoints}:
            self._listeners.release(owner)

    def _reconcile(self, endpoint: EndpointRow, rows: Sequence[ProcessRow], now: int) -> None:
        living = [row for row in rows if self._lives(row, now)]
        for row in rows:
            if row not in living:
                self._bury(endpoint, row, now)
        if endpoint.desired != ACTIVE:
            self._end(endpoint, living, now)
            return
        for row in living:
            if row.role == DRAINING:
                self._drain(row, now)
        routers = {row.version: row for row in living if row.role == ROUTER}
        if endpoint.config_version is not None:
            self._keep(endpoint, routers.get(endpoint.config_version), now)
        if endpoint.pending_version is not None:
            self._advance(endpoint, routers, now)

    # Living and dead

    def _lives(self, row: ProcessRow, now: int) -> bool:
        if row.pid == 0:
            return now - row.beat_ms < _REGISTER_MS
        code = exit_code(row.identity)
        if code is not None:
            self._codes[row.id] = code
        return is_alive(row.identity)

    def _bury(self, endpoint: EndpointRow, row: ProcessRow, now: int) -> None:
        """Forget a dead process; when it was to answer, note that."""
        how = _how_it_ended(self._codes.get(row.id))
        self._forget(row)
        if row.role != ROUTER or endpoint.desired != ACTIVE:
            return
        self._crashes[endpoint.id, row.version].note(now, now - row.started * 1000)
        if row.version != endpoint.config_version:
            return
        log.warning("endpoint %s: process %s %s", endpoint.name, row.pid, how)
        with self._store.begin():
            self._store.update(endpoint.id, ready="NOT_READY", message=f"its process {how}; starting it again")
            self._store.set_entity(endpoint.id, row.version, "DEPLOYMENT_RECOVERING", f"the process {how}")
            self._store.event("failed", endpoint.name, {"message": f"the process {how}", "pid": row.pid}, actor=_ACTOR)

    def _forget(self, row: ProcessRow) -> None:
        self._store.remove_process(row.id)
        Path(row.socket).unlink(missing_ok=True)
        for memory in (self._since, self._asked, self._codes):
            memory.pop(row.id, None)

    def _kill(self, row: ProcessRow) -> None:
        if row.pid:
            log.warning("killing process %s", row.pid)
            signal_group(row.identity, signal.SIGKILL)

    # Keeping what answers

    def _keep(self, endpoint: EndpointRow, process: ProcessRow | None, now: int) -> None:
        """See that the applied configuration answers."""
        assert endpoint.config_version is not None
        if process is None:
            crashes = self._crashes[endpoint.id, endpoint.config_version]
            if crashes.not_before > now:
                # Nobody will answer soon: refuse connections instead of letting them wait.
                self._listeners.release(endpoint.id)
                wait = -(-(crashes.not_before - now) // 1000)
                reason = self._store.entity(endpoint.id, endpoint.config_version).message
                if wait % 5 == 0 or "again in" not in endpoint.message:
                    self._store.say(endpoint, f"it keeps failing ({reason}); trying again in {wait} s")
                return
            if endpoint.pending_version is None:
                # Otherwise the new configuration is on its way; connections wait for it.
                self._start(endpoint, endpoint.config_version, now)
            return
        if endpoint.ready == "READY" and now - self._asked.get(process.id, 0) < _ASK_MS:
            return
        self._asked[process.id] = now
        status = self._status(process, now)
        if status is None:
            return
        if self._listeners.get(endpoint.id) is None:
            self._adopt(endpoint, process)
        if status["state"] == "READY" and endpoint.ready != "READY":
            self._recovered(endpoint, process)

    def _status(self, process: ProcessRow, now: int) -> Mapping[str, Any] | None:
        """Ask a process how it is; replace one that has been silent for too long."""
        status = ask(process.socket, "status") if process.pid else None
        if status is not None:
            self._since.pop(process.id, None)
        elif now - self._since.setdefault(process.id, now) > _SILENT_MS + (_REGISTER_MS if not process.pid else 0):
            self._kill(process)
        return status

    def _adopt(self, endpoint: EndpointRow, process: ProcessRow) -> None:
        listener = fetch_socket(process.socket)
        if listener is not None:
            log.info("endpoint %s: adopted process %s", endpoint.name, process.pid)
            self._listeners.keep(endpoint.id, listener)

    def _recovered(self, endpoint: EndpointRow, process: ProcessRow) -> None:
        again = endpoint.message != ""
        message = endpoint.message if endpoint.config_update == "UPDATE_FAILED" else ""
        with self._store.begin():
            self._store.update(endpoint.id, ready="READY", message=message)
            self._store.set_entity(endpoint.id, process.version, "DEPLOYMENT_READY")
            self._store.event("recovered" if again else "ready", endpoint.name, {"pid": process.pid}, actor=_ACTOR)

    # A new configuration

    def _advance(self, endpoint: EndpointRow, routers: Mapping[int, ProcessRow], now: int) -> None:
        """Bring the pending configuration one step further."""
        version = endpoint.pending_version
        assert version is not None
        process = routers.get(version)
        if process is None:
            entity = self._store.entity(endpoint.id, version)
            if entity.deployment == "DEPLOYMENT_FAILED":
                self._give_up(endpoint, version, entity.message)
            elif self._crashes[endpoint.id, version].count >= 3:
                self._give_up(endpoint, version, "its process ended three times while starting")
            else:
                self._start(endpoint, version, now)
            return
        status = self._status(process, now)
        if status is not None and status["state"] == "READY":
            self._promote(endpoint, process, routers)
        elif now - process.started * 1000 > self._settings.start_timeout_s * 1000:
            self._kill(process)
            self._give_up(endpoint, version, f"the model did not load within {self._settings.start_timeout_s:g} s")
        elif status is not None and status["message"]:
            self._store.say(endpoint, str(status["message"]))

    def _promote(self, endpoint: EndpointRow, process: ProcessRow, routers: Mapping[int, ProcessRow]) -> None:
        """Make the pending configuration the one that answers; what answered before finishes and ends."""
        config = self._store.config(endpoint.id, process.version)
        port = config.port or endpoint.port
        old = routers.get(endpoint.config_version) if endpoint.config_version is not None else None
        served = {"model": config.model_name, "version": config.model_version, "port": port}
        with self._store.begin():
            self._store.close_config(endpoint.id, process.version, "APPLIED")
            if endpoint.config_version is not None:
                self._store.close_config(endpoint.id, endpoint.config_version, "SUPERSEDED")
            values = {"config_version": process.version, "pending_version": None, "port": port, "ready": "READY"}
            self._store.update(endpoint.id, **values, config_update="NOT_UPDATING", message="")
            self._store.set_entity(endpoint.id, process.version, "DEPLOYMENT_READY")
            self._hold(endpoint, process.version)
            if old is not None:
                self._store.update_process(old.id, role=DRAINING)
            self._store.event(
                "ready" if endpoint.config_version is None else "updated", endpoint.name, served, actor=_ACTOR
            )
        self._listeners.release(endpoint.id, but=port)
        if old is not None:
            ask(old.socket, "drain")

    def _hold(self, endpoint: EndpointRow, version: int) -> None:
        """Pin what a configuration uses, and release what only another one did."""
        hold(self._ground, f"endpoint:{endpoint.name}", self._store.config(endpoint.id, version).tables.items())

    def _give_up(self, endpoint: EndpointRow, version: int, reason: str) -> None:
        """End an update that cannot be; what answered before goes on answering."""
        log.warning("endpoint %s: version %s failed: %s", endpoint.name, version, reason)
        with self._store.begin():
            self._store.close_config(endpoint.id, version, "FAILED")
            self._store.set_entity(endpoint.id, version, "DEPLOYMENT_FAILED", reason)
            self._store.update(endpoint.id, pending_version=None, config_update="UPDATE_FAILED", message=reason)
            self._store.event("failed", endpoint.name, {"message": reason, "config_version": version}, actor=_ACTOR)
            if endpoint.config_version is not None:  # else it may be tried again
                self._hold(endpoint, endpoint.config_version)
        self._listeners.release(endpoint.id, but=endpoint.port if endpoint.config_version is not None else None)

    # Starting and ending

    def _start(self, endpoint: EndpointRow, version: int, now: int) -> None:
        try:
            listener = self._listener(endpoint, version)
        except PortInUseError as error:
            if version == endpoint.pending_version:
                self._give_up(endpoint, version, error.message)
            else:
                self._crashes[endpoint.id, version].note(now)
                self._store.say(endpoint, error.message)
            return
        process_id = uuid.uuid4().hex[:12]
        address = str(socket_folder(self._ground.path) / process_id)
        self._store.add_process(
            ProcessRow(process_id, endpoint.id, version, ROUTER, "", 0, now / 1000, "", address, now)
        )
        try:
            identity = spawn(
                [
                    sys.executable,
                    "-m",
                    "mlnb.serving.process",
                    str(self._ground.path),
                    process_id,
                    str(listener.fileno()),
                ],
                log_path=log_file(self._ground.path, endpoint.name),
                env={**_THREADS, "PYTHONUNBUFFERED": "1", "MLNB_WORKSPACE": str(self._ground.path)},
                cwd=self._ground.path,
                pass_fds=(listener.fileno(),),
            )
        except BaseException:
            self._store.remove_process(process_id)
            raise
        values = {"host": identity.host, "pid": identity.pid, "started": identity.created, "boot_id": identity.boot_id}
        self._store.update_process(process_id, **values)
        log.info("endpoint %s: started process %s", endpoint.name, identity.pid)

    def _listener(self, endpoint: EndpointRow, version: int) -> socket.socket:
        """Return the socket for a configuration: the one held, that of a living process, else a new one."""
        demanded = self._store.config(endpoint.id, version).port
        wanted = demanded or endpoint.port
        held = self._listeners.get(endpoint.id, wanted)
        if held is not None:
            return held
        for process in self._store.processes(endpoint.id):
            found = fetch_socket(process.socket) if process.pid else None
            if found is not None and wanted in (None, port_of(found)):
                self._listeners.keep(endpoint.id, found)
                return found
        listener = self._bind(endpoint, wanted, demanded is not None)
        self._listeners.keep(endpoint.id, listener)
        if port_of(listener) != endpoint.port and (endpoint.port is None or demanded is None):
            self._store.update(endpoint.id, port=port_of(listener))
        return listener

    def _bind(self, endpoint: EndpointRow, port: int | None, demanded: bool) -> socket.socket:
        if port is not None:
            try:
                return bind(self._settings.host, port)
            except PortInUseError:
                if demanded:
                    raise
        reserved = {other.port for other in self._store.endpoints() if other.port and other.id != endpoint.id}
        return bind_first(self._settings.host, self._settings.ports, reserved=reserved)

    def _drain(self, row: ProcessRow, now: int) -> None:
        """Let a replaced process finish, but not for ever."""
        if row.id not in self._since:
            self._since[row.id] = now
            ask(row.socket, "drain")
        elif now - self._since[row.id] > (self._settings.drain_s + 10) * 1000:
            self._kill(row)

    def _end(self, endpoint: EndpointRow, living: Sequence[ProcessRow], now: int) -> None:
        """End the processes of a stopped or deleted endpoint, politely first."""
        self._listeners.release(endpoint.id)
        for row in living:
            if row.id not in self._since or row.role != DRAINING:
                self._since[row.id] = now
                self._store.update_process(row.id, role=DRAINING)
                signal_group(row.identity, signal.SIGTERM)
            elif now - self._since[row.id] > (self._settings.drain_s + 10) * 1000:
                self._kill(row)
        if living:
            return
        if endpoint.desired == DELETED:
            with self._store.begin():
                hold(self._ground, f"endpoint:{endpoint.name}", [])
                self._store.remove_endpoint(endpoint.id)
        elif endpoint.ready != "NOT_READY" or endpoint.message:
            self._store.update(endpoint.id, ready="NOT_READY", message="")


def log_file(workspace: Path, endpoint: str) -> Path:
    """Return the file that an endpoint's processes write to."""
    return workspace / "logs" / "endpoints" / f"{endpoint}.log"


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "is gone"
    if code < 0:
        try:
            return f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"was killed by signal {-code}"
    return f"ended with code {code}"
