"""A profile against other tools: CPU seconds of the whole process tree after import, peak memory, and the ratio to ours.

Each tool runs in its own environment, made once in a folder of the system's temporary one: their requirements exclude each other. Each
measurement is a process of its own over one file, the tools take turns, and the median counts. The frames are generated: numbers, times,
gaps, flags, categories with 5 to 5,000 levels, text that differs in nearly every row, a target.

    python benchmarks/explore/profile.py                    # 100,000 × 20 and 1,000,000 × 30, in memory
    python benchmarks/explore/profile.py --large            # 10,000,000 × 30 from Parquet against decoding the file
    python benchmarks/explore/profile.py --tools ours,duckdb,polars --repeat 1

What each gives: ours all of ``Profile`` with target, leaks, correlations, slices, duplicates and findings, and the page; ``fg-minimal``
figures and histograms without correlations and duplicates, ``fg`` with them; ``skrub`` figures, plots and associations of 30 columns;
``sweetviz`` figures with a target; ``duckdb`` SUMMARIZE with approximate quantiles, ``polars`` and ``pandas`` plain ``describe``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.gettempdir()) / "mlnb-bench-peers"
PEERS = {
    "fg-data-profiling": ["fg-data-profiling", "setuptools<81"],
    "skrub": ["skrub", "matplotlib", "polars"],
    "sweetviz": ["sweetviz", "setuptools<81", "numpy>=2,<2.4", "pandas<3"],
}

#: Makes the frame of ``rows`` and writes it.
MAKE = """
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
rows, columns, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
writer = None
for start in range(0, rows, 1_000_000):
    n = min(1_000_000, rows - start)
    rng = np.random.default_rng(start)
    d = {"id": np.arange(start, start + n)}
    d["ts"] = np.datetime64("2024-01-01", "us") + (rng.integers(0, 365 * 86400, n) * 10**6).astype("timedelta64[us]")
    for i in range(10 if columns >= 30 else 4): d[f"f{i}"] = rng.normal(i, 1 + i, n)
    for i in range(3 if columns >= 30 else 1):
        x = rng.lognormal(0, 1, n); d[f"gaps{i}"] = pa.array(x, mask=rng.random(n) < 0.1)
    for i in range(5): d[f"int{i}"] = rng.integers(0, 10 ** (i + 1), n)
    d["big"] = rng.integers(0, 10**12, n)
    for i in range(3 if columns >= 30 else 1): d[f"flag{i}"] = rng.random(n) < 0.3
    for i in range(4): d[f"cat{i}"] = pa.array([f"v{j}" for j in range(5 * 10**i)]).take(pa.array(rng.integers(0, 5 * 10**i, n)))
    d["text"] = pa.array([f"user-{j}" for j in rng.integers(0, rows, n)])
    d["y"] = (d["f0"] + rng.normal(size=n)) > 1
    t = pa.table(d); writer = writer or pq.ParquetWriter(path, t.schema); writer.write_table(t)
writer.close()
"""

#: Runs one tool and prints what it took. Imports and reading of the file are not counted, except where the tool reads the file itself.
RUN = """
import gc, json, os, resource, sys, threading, time, warnings
warnings.filterwarnings("ignore")
tool, path, target = sys.argv[1:4]
def anonymous():
    total = 0
    for line in open("/proc/self/smaps_rollup"):
        if line.startswith(("Private_Dirty", "Anonymous:")): total = max(total, int(line.split()[1]))
    return total / 1024
def frame():
    import pandas as pd
    return pd.read_parquet(path)
size = 0
if tool in ("ours", "ours-parquet"):
    import duckdb, pandas
    from pathlib import Path
    from mlnb.explore.target import associations
    from mlnb.explore.together import correlations
    from mlnb.explore.findings import find as findings
    from mlnb.explore.scanning import full as fullscan
    from mlnb.explore.page import profile as html
    from mlnb.explore.leakage import screen as leakage
    from mlnb.explore.target import learnability
    from mlnb.explore.together import missing
    from mlnb.explore.target import slices
    from mlnb.explore import engine
    from mlnb.explore.reading.sources import open_source
    df = Path(path) if tool == "ours-parquet" else frame()
    if tool == "ours":
        engine.run(open_source(df.head(2000), None), engine.Options(target=target)).to_html()
    first = []
    def action():
        begun = time.perf_counter()
        p = engine.run(open_source(df, None), engine.Options(target=target), on_page=lambda p: first.append(time.perf_counter() - begun))
        return len(p.to_html(standalone=True))
elif tool == "decode":
    import pyarrow.parquet as pq
    def action():
        for _ in pq.ParquetFile(path, memory_map=True).iter_batches(131072): pass
        return 0
elif tool in ("fg", "fg-minimal"):
    from data_profiling import ProfileReport
    df = frame()
    def action(): return len(ProfileReport(df, minimal=tool == "fg-minimal", progress_bar=False).to_html())
elif tool == "skrub":
    import matplotlib; matplotlib.use("Agg")
    from skrub import TableReport
    df = frame()
    def action(): return len(TableReport(df, verbose=0).html())
elif tool == "sweetviz":
    import numpy as np
    if not hasattr(np, "VisibleDeprecationWarning"): np.VisibleDeprecationWarning = UserWarning
    import matplotlib; matplotlib.use("Agg")
    import sweetviz
    df = frame()
    def action():
        report = sweetviz.analyze(df, target_feat=target, pairwise_analysis="off"); out = path + ".html"
        report.show_html(out, open_browser=False); return os.path.getsize(out)
elif tool == "duckdb":
    import duckdb
    df = frame()
    def action(): return len(duckdb.sql("SUMMARIZE df").fetchall()) * 0
elif tool == "polars":
    import polars as pl
    df = pl.read_parquet(path)
    def action(): return len(df.describe()) * 0
elif tool == "pandas":
    df = frame()
    def action(): return len(df.describe(include="all")) * 0
gc.collect()
import ctypes, pyarrow
pyarrow.default_memory_pool().release_unused(); ctypes.CDLL("libc.so.6").malloc_trim(0)  # what reading the file left behind
before, peak, done = anonymous(), [0.0], threading.Event()
def watch():
    while not done.wait(0.05): peak[0] = max(peak[0], anonymous())
threading.Thread(target=watch, daemon=True).start()
def cpu():
    return sum(t.ru_utime + t.ru_stime for t in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))
start, wall = cpu(), time.perf_counter()
size = action()
spent, took = cpu() - start, time.perf_counter() - wall
peak[0] = max(peak[0], anonymous()); done.set()
out = {"cpu": spent, "wall": took, "memory": peak[0] - before, "private": peak[0], "kb": size / 1000}
if tool == "ours" or tool == "ours-parquet": out["first"] = first[0] if first else took
print("RESULT " + json.dumps(out))
"""


def python_of(tool: str) -> str:
    """Return the interpreter of a tool, its environment made when it is not there."""
    name = "fg-data-profiling" if tool.startswith("fg") else tool
    if name not in PEERS:
        return sys.executable
    python = FOLDER / name / "bin" / "python"
    if not python.exists():
        print(f"making the environment of {name} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", FOLDER / name], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS[name], "pyarrow"], check=True)
    return str(python)


def measured(tool: str, path: Path, seconds: float) -> dict[str, float] | None:
    """Run a tool once in a process of its own; None when it fails or takes too long."""
    command = [python_of(tool), "-c", RUN, tool, str(path), "y"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        print(f"{tool} failed: {done.stderr.strip().splitlines()[-1:]}")
        return None
    found: dict[str, float] = json.loads(line.removeprefix("RESULT "))
    return found


def made(rows: int, columns: int) -> Path:
    """Return the file of a size, generated when it is not there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"table-{rows}-{columns}.parquet"
    if not path.exists():
        subprocess.run([sys.executable, "-c", MAKE, str(rows), str(columns), str(path)], check=True)
    return path


def compare(rows: int, columns: int, tools: list[str], repeat: int, seconds: float) -> None:
    """Measure the tools in turns and print a table."""
    path = made(rows, columns)
    runs: dict[str, list[dict[str, float]]] = {tool: [] for tool in tools}
    for _ in range(repeat):
        for tool in tools:
            found = measured(tool, path, seconds)
            if found is not None:
                runs[tool].append(found)
    print(f"\n{rows:,} rows x {columns} columns; {repeat} runs, median")
    middle = {
        tool: {key: statistics.median(run[key] for run in found) for key in found[0]}
        for tool, found in runs.items()
        if found
    }
    ours = middle[tools[0]]
    for tool, figures in middle.items():
        ratio = figures["cpu"] / ours["cpu"]
        memory = figures["memory"] / max(1.0, ours["memory"])
        page = f"  first page {figures['first']:.2f} s" if "first" in figures else ""
        print(
            f"{tool:<13} CPU {figures['cpu']:7.2f} s ({ratio:5.2f} x)  wall {figures['wall']:6.2f} s  memory {figures['memory']:7.0f} MB"
            f" ({memory:4.1f} x; {figures['private']:.0f} private)  page {figures['kb']:7.0f} kB{page}"
        )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--large", action="store_true", help="10 million rows from Parquet")
    options.add_argument("--rows", type=int, help="only this many rows")
    options.add_argument("--tools", default="ours,fg-minimal,fg,skrub,sweetviz,duckdb,polars,pandas")
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--seconds", type=float, default=600, help="a tool that takes longer is left out")
    chosen = options.parse_args()
    if chosen.large:
        compare(10_000_000, 30, ["ours-parquet", "decode"], chosen.repeat, chosen.seconds)
        return
    tools = chosen.tools.split(",")
    for rows, columns in ((100_000, 20), (1_000_000, 30)):
        if chosen.rows in (None, rows):
            compare(rows, columns, tools, chosen.repeat, chosen.seconds)


if __name__ == "__main__":
    main()
