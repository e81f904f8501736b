"""What a run costs: the computer's load under MLflow's names, and the process's own processor time and memory."""

from __future__ import annotations

import contextlib
import importlib
import resource
import sys
import time
from typing import Any

#: A run shorter than this many seconds gets no sample of the computer: it would say nothing.
_SHORTEST_S = 2.0
#: MLflow's measuring parts.
_PARTS = (
    ("cpu_monitor", "CPUMonitor"),
    ("disk_monitor", "DiskMonitor"),
    ("network_monitor", "NetworkMonitor"),
    ("gpu_monitor", "GPUMonitor"),
    ("rocm_monitor", "ROCMMonitor"),
)
CPU = "mlnb/process_cpu_seconds"
MEMORY = "mlnb/process_peak_rss_mb"


class Machine:
    """Measures while a run is open.

    MLflow's own monitor is a thread for each run that reads the run from the store at every sample; its measuring parts are used here
    without it, at the signs of life that are written anyway.

    Parameters
    ----------
    sampling
        Measure the computer, besides the process.
    """

    def __init__(self, *, sampling: bool) -> None:
        self._started = time.monotonic()
        self._cpu = _cpu_seconds()
        self._peak_before, self._peak = _peak_mb(), _resident_mb()
        self._monitors = _monitors() if sampling else []
        self._step = 0

    def sample(self) -> tuple[dict[str, float], int]:
        """Return the computer's figures now, under MLflow's names, and their step."""
        self._peak = max(self._peak, _resident_mb())
        if time.monotonic() - self._started < _SHORTEST_S:
            return {}, self._step
        found: dict[str, float] = {}
        for monitor in self._monitors:
            monitor.collect_metrics()
            found |= {f"system/{name}": float(value) for name, value in monitor.aggregate_metrics().items()}
            monitor.clear_metrics()
        self._step += 1
        return found, self._step - 1

    def totals(self) -> dict[str, float]:
        """Return what the process used since: processor time, with that of processes it started and that have ended, and peak memory."""
        peak = _peak_mb()
        # The process's own record is exact when this run set it; before, it belongs to something else.
        highest = peak if peak > self._peak_before else max(self._peak, _resident_mb())
        return {CPU: round(_cpu_seconds() - self._cpu, 3), MEMORY: round(highest, 1)}


def _monitors() -> list[Any]:
    found: list[Any] = []
    for module, name in _PARTS:
        # no such card, no library for it, no psutil
        with contextlib.suppress(Exception):
            made = importlib.import_module(f"mlflow.system_metrics.metrics.{module}")
            found.append(getattr(made, name)())
    with contextlib.suppress(Exception):
        import psutil

        psutil.cpu_percent()  # the load is measured from one call to the next
    return found


def _cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _peak_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _resident_mb() -> float:
    try:
        import psutil

        return float(psutil.Process().memory_info().rss) / 1e6
    except Exception:  # gone from /proc, or no psutil
        return 0.0
