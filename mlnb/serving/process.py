"""The endpoint's process: ``python -m mlnb.serving.process WORKSPACE PROCESS_ID SOCKET_FD``.

It gets the listening socket from the supervisor, loads the model, answers its example and only then accepts connections. From there on
it needs nobody: the supervisor may be killed, the metastore be locked, Jupyter restart. It ends when it is told to, or when it finds
that its own row in the metastore is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from mlnb.core.caller import trust_process
from mlnb.core.clock import now_ms
from mlnb.core.errors import InvalidStateError, MlnbError
from mlnb.core.ground import Ground
from mlnb.core.processes import current_process

from .config import EndpointConfig, ServingSettings
from .control import ControlServer
from .inference_log import InferenceLog
from .metrics import Recorder
from .payload import Served
from .records import serving_configs, serving_endpoints, serving_entities, serving_processes
from .router import EndpointApp
from .scorer import Scorer
from .store import ROUTER
from .tokens import holders

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger("mlnb.serving")

#: Seconds between looks at the metastore: traffic is stored, and the own row must still be there.
_BEAT_S: Final = 2.0
#: Seconds between updates of ``beat_ms`` while nothing else changes.
_QUIET_BEAT_S: Final = 10.0
#: A draining process ends when no request has come for this many seconds.
_QUIET_DRAIN_S: Final = 1.0


class EndpointProcess:
    """One endpoint process, from its row to its end.

    Parameters
    ----------
    workspace
        The workspace folder.
    process_id
        Its row in ``serving_processes``.
    listener
        The listening socket.
    """

    def __init__(self, workspace: Path, process_id: str, listener: socket.socket) -> None:
        self._ground = Ground(workspace)
        self._settings = self._ground.settings.section("serving", ServingSettings)
        self._id = process_id
        self._listener = listener
        self._state, self._message = "STARTING", "starting"
        self._recorder = Recorder()
        self._app: EndpointApp | None = None
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._log: InferenceLog | None = None
        self._stopping = threading.Event()

    def run(self) -> int:
        """Serve until told to end; return the exit code."""
        row = self._register()
        if row is None:
            log.info("the row of this process is gone; ending")
            return 0
        control = ControlServer(Path(row["socket"]), self._command, lambda: self._listener)
        control.start()
        try:
            endpoint, config, entity = self._rows(row)
            try:
                self._app = self._prepare(endpoint, config, entity)
            except Exception as error:
                log.exception("the endpoint could not be started")
                self._report_failure(row, error)
                return 1
            beats = threading.Thread(target=self._beats, args=(row, entity["name"]), name="beats", daemon=True)
            beats.start()
            asyncio.run(self._serve())
            self._finish(row, entity["name"])
            return 0
        finally:
            control.close()

    def terminated(self) -> None:
        """Take SIGTERM outside of serving.

        uvicorn ends on it by itself and raises it again afterwards: by then there are still rows to write.
        """
        if self._server is None:
            os._exit(0)

    def _register(self) -> dict[str, Any] | None:
        """Write this process into its row, which its starter may not have lived to do; return the row."""
        me = current_process()
        values = {"host": me.host, "pid": me.pid, "started": me.created, "boot_id": me.boot_id, "beat_ms": now_ms()}
        with self._ground.metastore.begin() as connection:
            connection.execute(serving_processes.update().where(serving_processes.c.id == self._id).values(values))
            row = connection.execute(sa.select(serving_processes).where(serving_processes.c.id == self._id)).first()
        return None if row is None or row.role != ROUTER else dict(row._mapping)

    def _rows(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], EndpointConfig, dict[str, Any]]:
        version = {"endpoint_id": row["endpoint_id"], "version": row["version"]}
        with self._ground.metastore.connect() as connection:
            endpoint = connection.execute(sa.select(serving_endpoints).filter_by(id=row["endpoint_id"])).one()
            config = connection.execute(sa.select(serving_configs.c.config).filter_by(**version)).scalar_one()
            entity = connection.execute(sa.select(serving_entities).filter_by(**version)).one()
        return dict(endpoint._mapping), EndpointConfig.model_validate(config), dict(entity._mapping)

    def _prepare(self, endpoint: Mapping[str, Any], config: EndpointConfig, entity: Mapping[str, Any]) -> EndpointApp:
        from mlnb.registry.artifacts import digest

        from .build import model_folder
        from .lookup import open_lookup
        from .worker import LoadedModel

        self._message = "loading the model"
        folder = model_folder(self._ground.path, entity["digest"])
        if digest(folder) != entity["digest"]:
            raise InvalidStateError("The endpoint's copy of the model was changed.", hint="Deploy the version again.")
        look = open_lookup(folder, self._ground.settings.online_store_url)
        model = LoadedModel(folder if look is None else look.raw_model)
        scorer = Scorer(
            model,
            config.inputs,
            looked_up=config.looked_up,
            resolver=look,
            model_columns=None if look is None else look.model_columns,
            strict=self._settings.strict_types,
            max_rows=self._settings.max_rows,
        )
        self._message = "answering its example"
        self._warm_up(scorer, config)
        if config.log is not None:
            self._message = "opening the inference table"
            self._log = self._open_log(config, entity)
        with self._ground.metastore.connect() as connection:
            known = holders(connection, endpoint["id"])
        return EndpointApp(
            name=endpoint["name"],
            entity_name=entity["name"],
            model_version=config.model_version,
            scorer=scorer,
            holders=known,
            recorder=self._recorder,
            settings=self._settings,
            inference_log=self._log,
            durable=config.durable,
            threads=1 if look is None else 4,
        )

    def _warm_up(self, scorer: Scorer, config: EndpointConfig) -> None:
        """Answer the example, so that the first request is not the slow one and a broken model gets no traffic."""
        if config.example is None:
            return
        import orjson

        try:
            scorer.score(orjson.dumps(config.example))
        except Exception:
            if config.example_is_real:
                raise
            log.info("the made-up example could not be answered; the first request loads the rest", exc_info=True)

    def _open_log(self, config: EndpointConfig, entity: Mapping[str, Any]) -> InferenceLog:
        from mlnb.catalog.service import Catalog

        assert config.log is not None
        catalog = Catalog(self._ground)
        served = Served(
            entity_id=entity["id"],
            model_name=config.model_name,
            model_version=config.model_version,
            columns=config.log.columns,
            prediction_type=config.prediction_type,
        )
        return InferenceLog(
            catalog.spool(config.log.payload, durable=config.durable),
            catalog.spool(config.log.rows, durable=config.durable),
            served,
            durable=config.durable,
            flush_ms=self._settings.log_flush_ms,
            queue_bytes=self._settings.log_queue_mb << 20,
        )

    async def _serve(self) -> None:
        import uvicorn

        assert self._app is not None
        config = uvicorn.Config(
            self._app,
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=int(self._settings.drain_s),
            backlog=2048,
        )
        self._loop = asyncio.get_running_loop()
        self._server = uvicorn.Server(config)
        # uvicorn closes what it is given; the copy stays to be handed to a supervisor that adopts this process.
        serving = self._server.serve(sockets=[self._listener.dup()])
        task = asyncio.ensure_future(serving)
        while not self._server.started and not task.done():
            await asyncio.sleep(0.005)
        self._state, self._message = "READY", ""
        log.info("ready on port %s", self._listener.getsockname()[1])
        await task

    def _command(self, command: str) -> dict[str, Any]:
        """Answer the supervisor."""
        if command == "drain" and self._loop is not None:
            self._loop.call_soon_threadsafe(self._drain)
        app = self._app
        return {
            "state": self._state,
            "message": self._message,
            "pid": os.getpid(),
            "in_flight": app.in_flight if app else 0,
        }

    def _drain(self) -> None:
        """Take no new connections, answer what comes on open ones, and end when it has become quiet."""
        if self._app is None or self._server is None or self._app.draining:
            return
        self._app.draining = True
        self._state = "DRAINING"
        log.info("draining")
        for server in self._server.servers:
            server.close()
        self._listener.close()
        self._drained = asyncio.ensure_future(self._end_when_quiet())

    async def _end_when_quiet(self) -> None:
        assert self._app is not None
        assert self._server is not None
        begun = time.monotonic()
        while time.monotonic() - begun < self._settings.drain_s:
            quiet = time.monotonic() - max(self._app.last_request, begun) > _QUIET_DRAIN_S
            if self._app.in_flight == 0 and (quiet or not self._server.server_state.connections):
                break
            await asyncio.sleep(0.05)
        self._server.should_exit = True

    def _beats(self, row: Mapping[str, Any], entity: str) -> None:
        last = 0.0
        while not self._stopping.wait(_BEAT_S):
            if not self._ground.path.is_dir():
                log.error("the workspace is gone; ending")
                os._exit(0)
            try:
                self._recorder.store(self._ground.metastore, row["endpoint_id"], entity, _resident_mb())
                if time.monotonic() - last > _QUIET_BEAT_S:
                    last = time.monotonic()
                    self._beat()
            except MlnbError as error:
                log.warning("the metastore does not answer, serving on: %s", error.message)
            except Exception:
                log.exception("serving on")

    def _beat(self) -> None:
        """Say that this process lives; end quietly when it is no longer wanted."""
        with self._ground.metastore.begin() as connection:
            update = serving_processes.update().where(serving_processes.c.id == self._id)
            known = connection.execute(update.values(beat_ms=now_ms())).rowcount
        if not known and self._loop is not None:
            log.info("the row of this process is gone")
            self._loop.call_soon_threadsafe(self._drain)

    def _finish(self, row: Mapping[str, Any], entity: str) -> None:
        """Write what is still in memory."""
        self._stopping.set()
        if self._log is not None:
            self._log.close()
        with contextlib.suppress(Exception):
            self._recorder.store(self._ground.metastore, row["endpoint_id"], entity, _resident_mb())
        log.info("ended")

    def _report_failure(self, row: Mapping[str, Any], error: Exception) -> None:
        text = error.message if isinstance(error, MlnbError) else f"{type(error).__name__}: {error}"
        where = (serving_entities.c.endpoint_id == row["endpoint_id"], serving_entities.c.version == row["version"])
        with contextlib.suppress(Exception), self._ground.metastore.begin() as connection:
            values = {
                "deployment": "DEPLOYMENT_FAILED",
                "message": text.splitlines()[0][:500] if text else "the model could not be loaded",
            }
            connection.execute(serving_entities.update().where(*where).values(values))


def _resident_mb() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss >> 20)


def main(arguments: Sequence[str]) -> int:
    """Run the endpoint process of one row."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    trust_process()
    workspace, process_id, descriptor = arguments
    listener = socket.socket(fileno=int(descriptor))
    listener.set_inheritable(False)
    process = EndpointProcess(Path(workspace), process_id, listener)
    signal.signal(signal.SIGTERM, lambda *_: process.terminated())
    return process.run()


if __name__ == "__main__":
    from mlnb.serving.process import main as run

    code = run(sys.argv[1:])
    sys.stdout.flush()
    # Threads of libraries (a pending prediction, OpenMP) must not keep a process alive that has written all it has.
    os._exit(code)
