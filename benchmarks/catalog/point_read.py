"""A point read by ``ws.sql`` on a sorted, many-file table: CPU seconds against DuckDB on the same files, and against no pruning.

Targets: at most 1.5 of DuckDB on all files; with files laid out by OPTIMIZE ZORDER BY and pruned, at most 0.5 of the unpruned read.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def cpu(action: Callable[[], object], repeat: int) -> float:
    """Return the median CPU seconds of an action, warm."""
    action()
    found = []
    for _ in range(repeat):
        before = time.process_time()
        action()
        found.append(time.process_time() - before)
    return statistics.median(found)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=2_000_000, help="the target is for 10000000")
    options.add_argument("--repeat", type=int, default=9)
    given = options.parse_args()
    import duckdb
    import numpy as np
    import pyarrow as pa

    from mlnb.door import Workspace

    folder = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    (folder / ".mlnb").mkdir()
    (folder / ".mlnb" / "mlnb.toml").write_text(f"[catalog]\ntarget_file_size = {max(given.rows * 8, 2**20)}\n")
    workspace = Workspace(folder / ".mlnb")
    rng = np.random.default_rng(0)
    rows = given.rows
    try:
        shuffled = rng.permutation(rows)
        data = pa.table({"id": shuffled, **{f"x{i}": rng.random(rows) for i in range(9)}})
        table = workspace.catalog.create_table("t", data)
        table.optimize(zorder_by=["id"])
        files = list(workspace.catalog.lookup.find(workspace.catalog.parse("t")).snapshot.files)
        plain = duckdb.connect()
        middle = rows // 2
        ours = cpu(lambda: workspace.sql(f"SELECT * FROM t WHERE id = {middle}").to_arrow(), given.repeat)
        unpruned = cpu(lambda: workspace.sql(f"SELECT * FROM t WHERE id + 0 = {middle}").to_arrow(), given.repeat)
        query = f"SELECT * FROM read_parquet($files) WHERE id = {middle}"
        theirs = cpu(lambda: plain.sql(query, params={"files": files}).to_arrow_table(), given.repeat)
        print(
            f"point read of {rows:,} rows in {len(files)} files: ours {ours * 1000:.1f} ms, DuckDB {theirs * 1000:.1f} ms CPU"
        )
        print(f"ratio {ours / theirs:.2f} (target <= 1.5), pruned over unpruned {ours / unpruned:.2f} (target <= 0.5)")
    finally:
        workspace.catalog.close()
        workspace.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
