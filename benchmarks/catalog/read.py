"""Reads through ``ws.sql`` against DuckDB on the very same Parquet files, warm: CPU seconds, printed as a ratio.

Ours includes parsing the statement, finding the table and its version in the metastore, leaving out files by their statistics and
recording what was read. DuckDB is given the list of files. Run it with the environment's Python.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def measure(repeat: int, ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float, float, float]:
    """Return median CPU and wall seconds of both, taken in turns so that a busy machine is busy for both."""
    found: list[list[tuple[float, float]]] = [[], []]
    for _ in range(repeat):
        for times, action in zip(found, (ours, theirs), strict=True):
            cpu, wall = time.process_time(), time.perf_counter()
            action()
            times.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu_ours, cpu_theirs = (statistics.median(cpu for cpu, _ in times) for times in found)
    wall_ours, wall_theirs = (statistics.median(wall for _, wall in times) for times in found)
    return cpu_ours, cpu_theirs, wall_ours, wall_theirs


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--files", type=int, default=8)
    options.add_argument("--repeat", type=int, default=9)
    given = options.parse_args()
    import duckdb

    from mlnb.door import Workspace

    folder = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    workspace = Workspace(folder / ".mlnb")
    try:
        _fill(workspace, given.rows, given.files)
        files = list(workspace.catalog.lookup.find(workspace.catalog.parse("t")).snapshot.files)
        plain = duckdb.connect()
        plain.execute("SET TimeZone = 'UTC'")
        print(f"{given.rows:,} rows × 10 columns in {len(files)} files")
        middle = given.rows // 2
        queries = [
            ("group by", "SELECT g, count(*) AS n, avg(x0) AS a, max(x1) AS m FROM {t} GROUP BY g"),
            ("1 % range", f"SELECT sum(x0) AS s FROM {{t}} WHERE id BETWEEN {middle} AND {middle + given.rows // 100}"),
            ("point", f"SELECT * FROM {{t}} WHERE id = {middle}"),
            ("point, all files", f"SELECT * FROM {{t}} WHERE shuffled = {middle}"),
        ]
        for name, query in queries:
            on_files = query.replace("{t}", "read_parquet($files)")
            row = measure(
                given.repeat,
                lambda query=query: workspace.sql(query.replace("{t}", "t")).to_arrow(),
                lambda on_files=on_files: plain.sql(on_files, params={"files": files}).to_arrow_table(),
            )
            _print(name, *row)
        small = measure(
            given.repeat * 5,
            lambda: workspace.sql("SELECT 1 AS one").to_arrow(),
            lambda: plain.sql("SELECT 1 AS one").to_arrow_table(),
        )
        _print("SELECT 1", *small)
    finally:
        workspace.catalog.close()
        workspace.close()
        shutil.rmtree(folder, ignore_errors=True)


def _fill(workspace: object, rows: int, files: int) -> None:
    step = rows // files
    columns = ", ".join(f"random() AS x{i}" for i in range(6))
    for start in range(0, rows, step):
        query = (
            f"SELECT range AS id, (range * 7919) % {rows} AS shuffled, range % 1000 AS g, 'name ' || (range % 5000) AS s, {columns} "
            f"FROM range({start}, {min(start + step, rows)})"
        )
        workspace.sql(f"{'CREATE TABLE t AS' if start == 0 else 'INSERT INTO t'} {query}")  # type: ignore[attr-defined]


def _print(name: str, cpu: float, cpu_plain: float, wall: float, wall_plain: float) -> None:
    print(
        f"{name:<18} CPU {cpu * 1000:8.1f} ms, DuckDB {cpu_plain * 1000:8.1f} ms, ratio {cpu / cpu_plain:5.2f}"
        f" | wall {wall * 1000:8.1f} ms, DuckDB {wall_plain * 1000:8.1f} ms, ratio {wall / wall_plain:5.2f}"
    )


if __name__ == "__main__":
    main()
