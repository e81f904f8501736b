"""Small writes: puts into a spool per second and their 99th percentile, beside one Delta commit per write.

Targets on a quiet machine: at least 1,000 puts a second, the 99th percentile at most 1 ms. On a busy one a put that loses the core waits a time
slice of some milliseconds, so the CPU seconds of puts are printed too, and the load.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--puts", type=int, default=5_000)
    options.add_argument("--commits", type=int, default=20)
    given = options.parse_args()
    from mlnb.door import Workspace

    folder = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    workspace = Workspace(folder / ".mlnb")
    row = {"id": 1, "name": "request", "score": 0.5}
    try:
        table = workspace.catalog.create_table("t", [row])
        spool = workspace.catalog.spool("t")
        spool.put([row])
        times, own, cpu = [], [], time.process_time()
        for _ in range(given.puts):
            start, before = time.perf_counter(), time.thread_time()
            spool.put([row])
            own.append(time.thread_time() - before)
            times.append(time.perf_counter() - start)
        cpu = (time.process_time() - cpu) / given.puts
        times.sort()
        own.sort()
        before = time.process_time()
        for _ in range(given.commits):
            table.append([row])
        commit = (time.process_time() - before) / given.commits
        report = spool.flush()
        assert report.rows == given.puts + 1
        print(
            f"{given.puts / sum(times):,.0f} puts/s (target >= 1,000), median {times[len(times) // 2] * 1000:.2f} ms, "
            f"p99 {times[int(len(times) * 0.99)] * 1000:.2f} ms (target <= 1)"
        )
        print(
            f"CPU of a put: median {own[len(own) // 2] * 1000:.2f} ms, p99 {own[int(len(own) * 0.99)] * 1000:.2f} ms; p99.9 of the time "
            f"{times[int(len(times) * 0.999)] * 1000:.2f} ms; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        )
        print(f"CPU of a put over that of a commit: ratio {cpu / commit:.4f}")
    finally:
        workspace.catalog.close()
        workspace.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
