"""A point read by ``ws.sql`` on a table laid out by OPTIMIZE ZORDER BY: CPU seconds against DuckDB on the same files, and against the layout before.

Every file of the first version holds ids from everywhere, so no statistics leave out anything; the version after OPTIMIZE is read with the
same statement, from the one file that may hold the id. Targets: at most 1.5 of DuckDB, which is given the list of all z-ordered files; at most
0.5 of the read before OPTIMIZE. All are measured in turns, so that a busy machine is busy for all.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

#: Statements of a turn.
TURN = 8


def cpu(actions: Sequence[Callable[[int], object]], repeat: int, settle: Callable[[], object]) -> list[float]:
    """Return the median CPU seconds of actions, warm, in turns of a few each; what they leave to other threads is counted too."""
    found: list[list[float]] = [[] for _ in actions]
    for turn in range(-1, repeat):
        for times, action in zip(found, actions, strict=True):
            before = time.process_time()
            for number in range(TURN):
                action(turn * TURN + number)
            settle()
            times.append((time.process_time() - before) / TURN)
    return [statistics.median(times[1:]) for times in found]


def main() -> int:
    """Measure and print; return 1 when a target is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=2_000_000, help="the target is for 10000000")
    options.add_argument("--repeat", type=int, default=5)
    given = options.parse_args()
    import duckdb
    import numpy as np
    import pyarrow as pa

    from mlnb.door import Workspace

    folder = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    (folder / ".mlnb").mkdir()
    (folder / ".mlnb" / "mlnb.toml").write_text(f"[catalog]\ntarget_file_size = {max(given.rows * 8, 2**20)}\n")
    workspace = Workspace(folder / ".mlnb")
    rows = given.rows
    try:
        rng = np.random.default_rng(0)
        data = pa.table({"id": rng.permutation(rows), **{f"x{i}": rng.random(rows) for i in range(9)}})
        workspace.catalog.create_table("t", data).optimize(zorder_by=["id"])
        del data
        files = list(workspace.catalog.lookup.find(workspace.catalog.parse("t")).snapshot.files)
        for table in ("t", "t VERSION AS OF 0"):
            print(*workspace.catalog.explain(f"SELECT * FROM {table} WHERE id = {rows // 2}").scans)
        plain = duckdb.connect()
        wanted = [rows // 2 + number for number in range(given.repeat * TURN)]

        def ours(number: int) -> object:
            return workspace.sql(f"SELECT * FROM t WHERE id = {wanted[number]}").to_arrow()

        def theirs(number: int) -> object:
            query = f"SELECT * FROM read_parquet($files) WHERE id = {wanted[number]}"
            return plain.sql(query, params={"files": files}).to_arrow_table()

        def unpruned(number: int) -> object:
            return workspace.sql(f"SELECT * FROM t VERSION AS OF 0 WHERE id = {wanted[number]}").to_arrow()

        assert ours(0) == unpruned(0), "both layouts hold the same rows"
        settle = workspace.catalog.recorder.flush
        mine, raw = cpu([ours, theirs], given.repeat, settle)
        pruned, whole = cpu([ours, unpruned], given.repeat, settle)
        print(
            f"point read of {rows:,} rows in {len(files)} files, CPU: ours {mine * 1000:.1f} ms, DuckDB {raw * 1000:.1f} ms, "
            f"before OPTIMIZE {whole * 1000:.1f} ms"
        )
        print(f"ratio {mine / raw:.2f} (target <= 1.5), pruned over unpruned {pruned / whole:.2f} (target <= 0.5)")
        return int(mine > 1.5 * raw or pruned > 0.5 * whole)
    finally:
        workspace.catalog.close()
        workspace.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main())
