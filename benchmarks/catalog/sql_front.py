"""What a statement costs in front of DuckDB: CPU and wall milliseconds of ``ws.sql`` less those of DuckDB on the very same file.

Ours includes parsing, names, rights, the table's newest version, parameters, and writing down what ran, which happens in another thread but
is counted here. Each query is new to the parser in the first column and repeated in the second. Target: at most 15 ms a statement.
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

TARGET_MS = 15.0


def measure(repeat: int, action: Callable[[int], object], settle: Callable[[], object]) -> tuple[float, float]:
    """Return the mean CPU and the median wall milliseconds of an action."""
    walls = []
    cpu = time.process_time()
    for turn in range(repeat):
        begun = time.perf_counter()
        action(turn)
        walls.append(time.perf_counter() - begun)
    settle()
    return (time.process_time() - cpu) / repeat * 1000, statistics.median(walls) * 1000


def main() -> int:
    """Measure and print; return 1 when a target is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeat", type=int, default=100)
    given = options.parse_args()
    import duckdb

    from mlnb.door import Workspace

    folder = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    workspace = Workspace(folder / ".mlnb")
    catalog = workspace.catalog
    try:
        workspace.sql("CREATE TABLE t AS SELECT a AS id, a % 10 AS g, 'n' || a AS s FROM range(1000) AS r(a)")
        catalog.create_view("v", "SELECT g, count(*) AS n FROM t GROUP BY g")
        files = list(catalog.lookup.find(catalog.parse("t")).snapshot.files)
        plain = duckdb.connect()
        source = "(SELECT g, count(*) AS n FROM read_parquet($files) GROUP BY g)"
        queries: list[tuple[str, str, str, dict[str, Any]]] = [
            ("SELECT 1", "SELECT {i} AS one", "SELECT {i} AS one", {}),
            ("aggregate", "SELECT g, avg(id) AS a, {i} AS i FROM {t} GROUP BY g", "", {}),
            ("point, parameter", "SELECT *, {i} AS i FROM {t} WHERE id = :wanted", "", {"wanted": 7}),
            ("self-join", "SELECT count(*) AS n, {i} AS i FROM {t} a JOIN {t} b ON a.id = b.id", "", {}),
            ("view", "SELECT max(n) AS m, {i} AS i FROM v", f"SELECT max(n) AS m, {{i}} AS i FROM {source}", {}),
        ]
        worst = 0.0
        print(f"{'statement':<18}{'new text: CPU':>15}{'wall':>8}{'repeated: CPU':>16}{'wall':>8}   ms over DuckDB")
        for name, ours, theirs, params in queries:
            row = []
            for repeated in (False, True):

                def run_ours(turn: int, ours: str = ours, repeated: bool = repeated, params: Any = params) -> object:
                    text = ours.replace("{i}", "0" if repeated else str(turn)).replace("{t}", "t")
                    return workspace.sql(text, params).to_arrow()

                def run_theirs(
                    turn: int, theirs: str = theirs or ours, repeated: bool = repeated, params: Any = params
                ) -> object:
                    text = theirs.replace("{i}", "0" if repeated else str(turn)).replace("{t}", "read_parquet($files)")
                    binds = {**params, **({"files": files} if "$files" in text else {})}
                    cursor = plain.cursor()
                    table = cursor.sql(text.replace(":wanted", "$wanted"), params=binds).to_arrow_table()
                    cursor.close()
                    return table

                run_ours(-1)
                run_theirs(-1)
                mine = measure(given.repeat, run_ours, catalog.recorder.flush)
                raw = measure(given.repeat, run_theirs, lambda: None)
                row += [mine[0] - raw[0], mine[1] - raw[1]]
            worst = max(worst, row[0], row[2])
            print(f"{name:<18}{row[0]:>15.1f}{row[1]:>8.1f}{row[2]:>16.1f}{row[3]:>8.1f}")
        print(f"worst CPU {worst:.1f} ms, target ≤ {TARGET_MS:.0f} ms, ratio {worst / TARGET_MS:.2f}")
        return int(worst > TARGET_MS)
    finally:
        catalog.close()
        workspace.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main())
