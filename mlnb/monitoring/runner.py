"""Runs a refresh that a row asks for, in whichever process: takes it, keeps its lease, does it, ends it."""

from __future__ import annotations

import logging
import resource
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from mlnb.catalog.pins import hold
from mlnb.core.clock import now_ms
from mlnb.core.errors import MlnbError
from mlnb.monitoring.alerts import Alerts
from mlnb.monitoring.metrics import MetricTables
from mlnb.monitoring.records import MonitorConfig, MonitoringSettings, MonitorRefreshInfo
from mlnb.monitoring.refresh import Job, Refresh
from mlnb.monitoring.store import MonitorStore, Row, refresh_info
from mlnb.monitoring.summary import newest_drift

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

log = logging.getLogger("mlnb.monitoring")


def run_refresh(
    ground: Ground, catalog: Catalog, refresh_id: int, worker_id: str, *, reraise: bool = False
) -> MonitorRefreshInfo:
    """Do a refresh that this process has begun, evaluate the alerts, and return how it ended.

    One that cannot be done ends as FAILED with the reason, which is also raised when somebody waits for it here.
    """
    store = MonitorStore(ground)
    row = store.refresh(refresh_id)
    monitor = store.by_id(row.table_id)
    subject = f"monitor:{monitor.table_name}"
    cpu = time.process_time()
    with _Heartbeat(ground, store, refresh_id, worker_id):
        try:
            outcome = _do(ground, catalog, store, row, monitor)
        except Exception as error:
            known = isinstance(error, MlnbError)
            log.error("the refresh of %s failed: %s", monitor.table_name, error, exc_info=not known)
            text = str(error) if known else f"{type(error).__name__}: {error}"
            ground.progress.put(subject, "failed", 0, 0, text)
            store.fail(row, worker_id, text)
            if reraise:
                raise
            return refresh_info(store.refresh(refresh_id))
        except BaseException:  # the cell was interrupted: the next refresh must not wait for this one
            store.cancel(row, worker_id)
            ground.progress.put(subject, "canceled", 0, 0, "Interrupted.")
            raise
    cost = {"cpu_seconds": time.process_time() - cpu, "peak_mb": _peak_mb()}
    # Everything is read before the transaction, which then is short.
    alerts = Alerts(ground, catalog)
    summary = newest_drift(MetricTables(catalog, monitor), now_ms())
    judged = alerts.judge(monitor.table_name)
    used = _baseline(catalog, monitor, outcome)
    with ground.metastore.begin():
        if store.succeed(row, worker_id, outcome, cost, summary):
            alerts.record(judged)
            hold(ground, subject, used)
    ground.progress.put(subject, "success", 1, 1, outcome.message or "")
    return refresh_info(store.refresh(refresh_id))


def _baseline(catalog: Catalog, monitor: Row, outcome: Any) -> list[tuple[str, int]]:
    """Return the baseline's table and version that the figures were compared with; it stays readable until the next refresh."""
    name, version = MonitorConfig.model_validate(monitor.config).baseline_table_name, outcome.processed.get("baseline")
    return [] if name is None or version is None else [(catalog.info(name).table_id, int(version))]


def _do(ground: Ground, catalog: Catalog, store: MonitorStore, row: Row, monitor: Row) -> Any:
    job = Job(
        table_name=monitor.table_name,
        config=MonitorConfig.model_validate(monitor.config),
        version=monitor.version,
        refresh_id=row.id,
        output_schema=monitor.output_schema,
        processed=monitor.processed,
        edges=store.edges(row.table_id, monitor.edges_version),
        full=row.full_refresh,
    )

    def report(done: float, total: float, message: str) -> None:
        ground.progress.put(f"monitor:{monitor.table_name}", "running", done, total, message)

    return Refresh(ground, catalog, job, report).run()


class _Heartbeat:
    """Renews the lease of a refresh while it runs, from a thread of its own."""

    def __init__(self, ground: Ground, store: MonitorStore, refresh_id: int, worker_id: str) -> None:
        self._seconds = ground.settings.section("monitoring", MonitoringSettings).lease_seconds
        self._store = store
        self._refresh_id = refresh_id
        self._worker_id = worker_id
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor-heartbeat", daemon=True)

    def _run(self) -> None:
        while not self._over.wait(self._seconds / 3):
            try:
                self._store.beat(self._refresh_id, self._worker_id, now_ms() + int(self._seconds * 1000))
            except MlnbError:
                log.exception("the metastore does not answer; trying again")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024) if sys.platform == "darwin" else peak / 1024
