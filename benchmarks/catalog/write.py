"""Writing ten columns into a new table against pyarrow's Parquet writer, both with zstd: CPU seconds and bytes as ratios.

Targets: at most 1.3 of the CPU and 1.1 of the bytes.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=2_000_000, help="the target is for 10000000")
    options.add_argument("--repeat", type=int, default=3)
    given = options.parse_args()
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from mlnb.door import Workspace

    rng = np.random.default_rng(0)
    rows = given.rows
    data = pa.table(
        {
            "id": np.arange(rows),
            "g": rng.integers(0, 1000, rows),
            "name": np.array([f"name {i}" for i in range(500)])[rng.integers(0, 500, rows)],
            "day": pa.array(rng.integers(19_000, 20_000, rows).astype("int32")).cast(pa.date32()),
            **{f"x{i}": rng.random(rows) for i in range(6)},
        }
    )
    folder = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    workspace = Workspace(folder / ".mlnb")
    try:
        workspace.catalog.create_table("warm", data.slice(0, 1000))
        ours, theirs = [], []
        for turn in range(given.repeat):
            before = time.process_time()
            table = workspace.catalog.create_table(f"t{turn}", data)
            ours.append(time.process_time() - before)
            before = time.process_time()
            pq.write_table(data, folder / "t.parquet", compression="zstd")
            theirs.append(time.process_time() - before)
        cpu = statistics.median(ours) / statistics.median(theirs)
        size = (table.info.size_bytes or 0) / (folder / "t.parquet").stat().st_size
        print(
            f"write {rows:,} rows x 10 columns: ours {statistics.median(ours):.2f}, pyarrow {statistics.median(theirs):.2f} CPU s"
        )
        print(f"CPU ratio {cpu:.2f} (target <= 1.3), bytes ratio {size:.2f} (target <= 1.1)")
    finally:
        workspace.catalog.close()
        workspace.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
