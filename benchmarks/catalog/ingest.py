"""A CSV into a table against DuckDB's own CSV to Parquet: CPU seconds of both in one run, printed as a ratio.

Ours finds the types from every value, keeps what does not fit, writes a Delta commit and its statistics. DuckDB looks at a sample and
stops at the first value that does not fit. The target is at most twice DuckDB's time. ``--rows 8500000`` makes about 1 GB.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TARGET = 2.0

_CSV = """COPY (
    SELECT i AS id, (random() * 1000)::DECIMAL(10, 2) AS amount, random() AS x, TIMESTAMP '2024-01-01' + to_seconds(i) AS ts,
        DATE '2024-01-01' + (i % 300)::INT AS day, 'customer ' || (i % 1000) AS customer, lpad((i % 99999)::VARCHAR, 5, '0') AS zip,
        i % 7 AS k, i % 2 = 0 AS flag, md5(i::VARCHAR) AS hash
    FROM range($rows) t(i)
) TO '{path}' (HEADER)"""
_JSON = """COPY (
    SELECT i AS id, random() AS x, TIMESTAMP '2024-01-01' + to_seconds(i) AS ts, 'customer ' || (i % 1000) AS customer,
        {{'a': i % 7, 'b': i % 2 = 0}} AS inner, [i, i + 1] AS list
    FROM range($rows) t(i)
) TO '{path}' (FORMAT json)"""


def measure(repeat: int, *actions: Callable[[], object]) -> list[tuple[float, float]]:
    """Return median CPU and wall seconds of each, taken in turns so that a busy machine is busy for all."""
    found: list[list[tuple[float, float]]] = [[] for _ in actions]
    for _ in range(repeat):
        for times, action in zip(found, actions, strict=True):
            cpu, wall = time.process_time(), time.perf_counter()
            action()
            times.append((time.process_time() - cpu, time.perf_counter() - wall))
    return [(statistics.median(c for c, _ in times), statistics.median(w for _, w in times)) for times in found]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--repeat", type=int, default=3)
    given = options.parse_args()
    import duckdb

    from mlnb.door import Workspace

    folder = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    workspace = Workspace(folder / ".mlnb")
    catalog = workspace.catalog
    try:
        plain = duckdb.connect()
        plain.execute("SET TimeZone = 'UTC'")
        for name, query, reader in (("a.csv", _CSV, "read_csv"), ("a.jsonl", _JSON, "read_json")):
            path = folder / name
            plain.execute(query.format(path=path), {"rows": given.rows})
            size = path.stat().st_size
            print(f"\n{name}: {given.rows:,} rows, {size / 1e6:,.0f} MB")
            parquet = f"COPY (SELECT * FROM {reader}('{path}')) TO '{folder}/o.parquet' (COMPRESSION zstd)"

            def ours(path: Path = path) -> Any:
                return catalog.ingest(path, "main.default.t", mode="replace")

            def look(path: Path = path) -> Any:
                return catalog.preview_ingest(path)

            def theirs(parquet: str = parquet) -> Any:
                return plain.execute(parquet)

            theirs(), ours()  # both sides warm
            (cpu, wall), (peer, peer_wall), (looked, looked_wall) = measure(given.repeat, ours, theirs, look)
            print(f"{'':22} {'CPU s':>8} {'wall s':>8} {'MB/s':>8}")
            for label, c, w in (
                ("into a table", cpu, wall),
                ("DuckDB to Parquet", peer, peer_wall),
                ("preview", looked, looked_wall),
            ):
                print(f"{label:22} {c:8.2f} {w:8.2f} {size / 1e6 / w:8.0f}")
            if name == "a.csv":
                print(
                    f"ratio {cpu / peer:.2f}, target at most {TARGET:g}: {'met' if cpu / peer <= TARGET else 'MISSED'}"
                )
            else:
                print(f"ratio {cpu / peer:.2f}")
    finally:
        catalog.close()
        workspace.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
