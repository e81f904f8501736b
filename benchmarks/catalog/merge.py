"""A merge of one per cent of a table's rows against pyiceberg's upsert: CPU seconds of both in one run, printed as a ratio.

Target: at most a third. pyiceberg is installed into a virtual environment of its own below the temporary folder, kept between runs.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

PEER = """
    import resource, sys, tempfile
    import numpy as np, pyarrow as pa
    from pyiceberg.catalog.sql import SqlCatalog
    rows, changed = int(sys.argv[1]), int(sys.argv[2])
    folder = sys.argv[3]
    catalog = SqlCatalog("b", uri=f"sqlite:///{folder}/c.db", warehouse=f"file://{folder}")
    catalog.create_namespace("d")
    rng = np.random.default_rng(0)
    def data(ids):
        return pa.table({"id": pa.array(ids, pa.int64()), **{f"x{i}": rng.random(len(ids)) for i in range(4)}})
    table = catalog.create_table("d.t", schema=data(np.arange(1)).schema)
    table.append(data(np.arange(rows)))
    source = data(rng.choice(rows, changed, replace=False))
    def cpu():
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime
    before = cpu()
    table.upsert(source, join_cols=["id"])
    print(cpu() - before)
"""


def peer(rows: int, changed: int) -> float | None:
    """Return pyiceberg's CPU seconds, None when it cannot be installed."""
    home = Path(tempfile.gettempdir()) / "mlnb-bench-pyiceberg"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        install = [python, "-m", "pip", "install", "-q", "pyiceberg[sql-sqlite,pyarrow]", "numpy"]
        if subprocess.run(install, check=False).returncode:
            shutil.rmtree(home, ignore_errors=True)
            return None
    folder = tempfile.mkdtemp(prefix="mlnb-bench-")
    try:
        command = [python, "-W", "ignore", "-c", textwrap.dedent(PEER), str(rows), str(changed), folder]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000, help="the target is for 5000000")
    given = options.parse_args()
    import numpy as np
    import pyarrow as pa

    from mlnb.door import Workspace

    folder = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    workspace = Workspace(folder / ".mlnb")
    rng = np.random.default_rng(0)
    changed = given.rows // 100

    def data(ids: np.ndarray) -> pa.Table:
        return pa.table({"id": pa.array(ids, pa.int64()), **{f"x{i}": rng.random(len(ids)) for i in range(4)}})

    try:
        table = workspace.catalog.create_table("t", data(np.arange(given.rows)), primary_key="id")
        source = data(rng.choice(given.rows, changed, replace=False))
        before = time.process_time()
        table.merge(source)
        ours = time.process_time() - before
    finally:
        workspace.catalog.close()
        workspace.close()
        shutil.rmtree(folder, ignore_errors=True)
    theirs = peer(given.rows, changed)
    print(f"merge of {changed:,} rows into {given.rows:,}: ours {ours:.2f} CPU s")
    if theirs is None:
        print("pyiceberg cannot be installed here: no ratio")
    else:
        print(f"pyiceberg {theirs:.2f} CPU s, ratio {ours / theirs:.2f} (target <= 0.33)")


if __name__ == "__main__":
    main()
