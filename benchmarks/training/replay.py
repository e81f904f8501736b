"""Replay of the runs of the example notebooks, and of notebooks with hidden state planted in them.

    python benchmarks/training/replay.py [--keep FOLDER]

Executes the notebooks with their data, then replays every run after the tables have changed. Prints, for each run: the mark of its
notebook, the verdict, the greatest difference of a metric, whether the models are equal, and how long the replay took beside the cells it
repeats.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
#: Notebook, cells to leave out because they serve and watch models, and the last cell to execute.
BOOKS = {
    "first_looks.ipynb": ("looks", ["notebook", "log"]),
    "flights_lifecycle.ipynb": ("evaluate", ["eda", "rate-plot"]),
}
RUNS = ("honest", "careless", "first")


def main() -> int:
    """Run the benchmark."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument(
        "--keep", type=Path, help="use this folder and leave it there; executed notebooks are not executed again"
    )
    arguments.add_argument("--run", action="append", choices=RUNS, help="replay only this one; may be repeated")
    chosen = arguments.parse_args()
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="mlnb-replay-"))
    try:
        return measure(folder, chosen.run or RUNS)
    finally:
        if chosen.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def measure(folder: Path, runs: Sequence[str]) -> int:
    """Execute, change the tables, replay, compare."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(MLNB_WORKSPACE=str(folder / ".mlnb"), MLNB_USER="ada", MLFLOW_DISABLE_TELEMETRY="true")
    os.chdir(folder)
    from mlnb.door import open_workspace

    ws = open_workspace(folder / ".mlnb")
    for name, (last, without) in BOOKS.items():
        if not (folder / name).exists():
            execute(folder, name, last, without)
            touch(ws)
    failed = 0
    try:
        for run in runs:
            failed += not replay(ws, run)
    finally:
        if ws.supervisor.status().running:
            ws.supervisor.stop()
    print(f"\n{'every run came out the same' if not failed else f'{failed} runs did not come out the same'}")
    return failed


def execute(folder: Path, name: str, last: str, without: list[str]) -> None:
    """Execute a notebook down to a cell, in a kernel that thinks it is JupyterLab's."""
    from mlnb.core.notebooks.driver import NotebookRun
    from mlnb.core.notebooks.files import choose_kernel, read_notebook, save_notebook

    book = read_notebook(EXAMPLES / name)
    end = next(index for index, cell in enumerate(book.cells) if cell.get("id") == last)
    book.cells = [cell for cell in book.cells[: end + 1] if cell.get("id") not in without]
    save_notebook(book, folder / name)
    env = {**os.environ, "MLNB_NOTEBOOK": name}
    run = NotebookRun(
        book, folder / f"executed_{name}", choose_kernel(book), cwd=folder, env=env, python=sys.executable
    )
    result = asyncio.run(run.execute(timeout=1200))
    print(f"{name}: {result.outcome} in {result.seconds:.0f} s{': ' + result.error if result.error else ''}")


def touch(ws: Any) -> None:
    """Change the tables that the runs read: a replay must not see it."""
    for name in ("main.raw.late_flights", "main.ml.flight_labels", "main.features.planes"):
        if ws.catalog.exists(name):
            ws.sql(
                f"DELETE FROM {name} WHERE {'tailnum' if 'planes' in name else 'origin'} LIKE 'N1%' OR {'tailnum' if 'planes' in name else 'origin'} = 'JFK'"
            )


def replay(ws: Any, run: str) -> bool:
    """Replay a run and print what came of it."""
    record, source = ws.runs.get(run), ws.runs.source(run)
    began = time.perf_counter()
    report = ws.runs.replay(run, wait=True)
    took = time.perf_counter() - began
    cells = sum(cell.duration_ms or 0 for cell in source.cells if cell.in_closure) / 1000
    took_then = (record.duration_ms or 0) / 1000 + cells
    greatest = max((abs(item.difference or 0.0) for item in report.metrics), default=None)
    models = ", ".join(f"{item.key} {'equal' if item.change == 'same' else 'different'}" for item in report.models)
    print(
        f"\n{run}: notebook {source.reproducible}, {len(source.closure)} of {len(source.cells)} cells; {report.verdict} in {took:.1f} s"
    )
    print(
        f"  cells and run took {took_then:.1f} s then; greatest difference of {len(report.metrics)} metrics: {greatest}; {models or 'no models'}"
    )
    for cause in report.causes:
        print(f"  {cause.kind}: {cause.message}", *cause.details[:5], sep="\n    ")
    for text in report.warnings:
        print(f"  {text}")
    return report.verdict in ("IDENTICAL", "WITHIN_TOLERANCE")


if __name__ == "__main__":
    sys.exit(main())
