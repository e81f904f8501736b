"""The process of one load in the background: ``python -m mlnb.catalog.ingest.worker WORKSPACE ID``."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import Caller, calling
from mlnb.core.errors import MlnbError
from mlnb.core.ground import Ground

from ..service import Catalog
from . import state as rows
from .load import ingest
from .runs import IngestCanceledError, end, subject
from .watch import Watch

if TYPE_CHECKING:
    import duckdb

log = logging.getLogger("mlnb.ingest")

#: Seconds between two looks at whether the load is to end, and between two reports of how far it is.
_PERIOD_S = 0.4


class RunWatch(Watch):
    """Writes down how far a load is, and ends it when somebody cancels it."""

    def __init__(self, catalog: Catalog, ingest_id: str) -> None:
        super().__init__()
        self.ingest_id = ingest_id
        self._catalog = catalog
        self._reported = 0.0
        self.canceled = threading.Event()

    def report(self, done: float, total: float, message: str) -> None:
        """Store how far the load is, not more often than anybody looks."""
        now = time.monotonic()
        if now - self._reported >= _PERIOD_S:
            self._reported = now
            self._catalog.ground.progress.put(subject(self.ingest_id or ""), "RUNNING", done, total, message)

    def check(self) -> None:
        """Raise when the load was canceled."""
        if self.canceled.is_set():
            raise IngestCanceledError("The load was canceled.", hint="Nothing was written.")

    @contextmanager
    def interrupting(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Look for a request to end the load in a thread, and interrupt what DuckDB is doing."""
        done = threading.Event()

        def look() -> None:
            while not done.wait(_PERIOD_S):
                with self._catalog.ground.metastore.connect() as stored:
                    row = rows.get_run(stored, self.ingest_id or "")
                if row is None or row.state == "CANCELING":
                    self.canceled.set()
                    connection.interrupt()

        thread = threading.Thread(target=look, name="ingest-cancel", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def main(arguments: Sequence[str]) -> int:
    """Load what the row says. Return 0 unless it failed."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    workspace, ingest_id = arguments
    ground = Ground(Path(workspace))
    catalog = Catalog(ground)
    with ground.metastore.connect() as connection:
        row = rows.get_run(connection, ingest_id)
    if row is None or row.state not in ("RUNNING", "CANCELING"):
        return 0
    request: dict[str, Any] = row.request
    watch = RunWatch(catalog, ingest_id)
    try:
        with calling(_caller(row.actor, request["caller"])):
            report = ingest(
                catalog,
                request["source"],
                row.table_name,
                mode=request["mode"],
                watch=watch,
                **request["options"],
                **request["about"],
            )
    except Exception as error:
        if watch.canceled.is_set():
            end(catalog, ingest_id, "CANCELED")
            return 0
        end(catalog, ingest_id, "FAILED", error=_said(error))
        return 1
    end(catalog, ingest_id, "SUCCEEDED", report=report)
    return 0


def _caller(principal: str, stored: dict[str, Any]) -> Caller:
    return Caller(principal=principal, **{**stored, "groups": tuple(stored["groups"])})


def _said(error: Exception) -> dict[str, Any]:
    """Return an error as screens show it."""
    if isinstance(error, MlnbError):
        found = {"error_code": error.code, "message": error.message, "hint": error.hint, "details": error.details}
        return {name: value for name, value in found.items() if value}
    log.exception("the load failed")
    return {
        "error_code": "INTERNAL_ERROR",
        "message": f"{type(error).__name__}: {error}",
        "hint": "The log is logs/ingest.log in the workspace folder.",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
