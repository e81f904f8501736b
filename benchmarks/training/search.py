"""Finding runs among 10,000 with 1,000 metrics each: first page, searching for a column, curves of 100,000 steps, a chart's frame.

Prints CPU and wall milliseconds beside MLflow's own search of the same store, as ratios. The store is seeded once (about two minutes, 2 GB);
`--store FOLDER` keeps it for the next time, `--runs` and `--metrics` make a smaller one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

STEPS, LONG = 100_000, 20
START = 1_760_000_000_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=10_000)
    options.add_argument("--metrics", type=int, default=1_000)
    options.add_argument("--repeat", type=int, default=20)
    options.add_argument("--store", type=Path, help="folder of the workspace, made when it is not there")
    options.add_argument("--seed-only", action="store_true")
    args = options.parse_args()
    folder = args.store or Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ["MLNB_SERVER__SUPERVISOR"] = "false"
    from mlnb.door import Workspace

    ws: Any = Workspace(folder / ".mlnb")
    seed(ws, args.runs, args.metrics)
    if not args.seed_only:
        measure_all(ws, args.repeat, args.metrics)
    ws.close()


def seed(ws: Any, runs: int, metrics: int) -> None:
    """Fill MLflow's tables as its client would, without its client: that would take a day."""
    if any(item.name == "wide" for item in ws.runs.experiments()):
        return
    experiment = int(ws.tracking.experiment_id("wide"))
    long = int(ws.tracking.experiment_id("long"))
    file = ws.tracking.uri.removeprefix("sqlite:///")
    chance = random.Random(7)
    began = time.perf_counter()
    connection = sqlite3.connect(file)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -3000000", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    for number in range(runs):
        run_id = _run(connection, experiment, number, chance)
        connection.executemany(
            "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, 0, 0, ?)",
            ((f"metric_{m:04d}", chance.random(), START + number, run_id) for m in range(metrics)),
        )
    for number in range(LONG):
        run_id = _run(connection, long, number, chance)
        _history(connection, run_id, chance)
    connection.commit()
    connection.close()
    print(
        f"seeded {runs:,} runs × {metrics:,} metrics in {time.perf_counter() - began:.0f} s, {os.path.getsize(file) / 1e9:.1f} GB"
    )


def _run(connection: sqlite3.Connection, experiment: int, number: int, chance: random.Random) -> str:
    run_id = f"{chance.getrandbits(128):032x}"
    connection.execute(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version,"
        " lifecycle_stage, artifact_uri, experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', 'bench', 'FINISHED', ?, ?, '', 'active', ?, ?)",
        (run_id, f"run {number}", START + number * 1000, START + number * 1000 + 900, f"/nowhere/{run_id}", experiment),
    )
    params = {
        "depth": number % 7,
        "learning_rate": f"{chance.random():.3f}",
        **{f"param_{p:02d}": chance.randrange(5) for p in range(18)},
    }
    connection.executemany(
        "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", ((k, str(v), run_id) for k, v in params.items())
    )
    tags = (("mlflow.runName", f"run {number}"), ("team", "abc"[number % 3]))
    connection.executemany(
        "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)", ((k, v, run_id) for k, v in tags)
    )
    return run_id


def _history(connection: sqlite3.Connection, run_id: str, chance: random.Random) -> None:
    values = ((START + step * 50, run_id, step, chance.random()) for step in range(STEPS))
    connection.executemany(
        "INSERT INTO metrics (key, timestamp, run_uuid, step, value, is_nan) VALUES ('loss', ?, ?, ?, ?, 0)", values
    )
    connection.execute(
        "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES ('loss', 0.5, ?, ?, 0, ?)",
        (START, STEPS - 1, run_id),
    )


def measure_all(ws: Any, repeat: int, metrics: int) -> None:
    from mlnb.server.runs_finding import SeriesRuns, series_runs

    columns = [*(f"metrics.metric_{m:04d}" for m in range(20)), *(f"params.param_{p:02d}" for p in range(10))]
    keys = _cycle([f"metric_{m:04d}" for m in range(metrics)])

    def page(**more: Any) -> Any:
        return ws.runs.search(
            experiments="wide", order_by=[f"metrics.{next(keys)} DESC"], columns=columns, limit=100, **more
        )

    before = _resident()
    page()
    ours = show("first page, sorted by a metric not sorted by before", repeat, page)
    order = [f"metrics.metric_{3 % metrics:04d} DESC"]
    offsets = _cycle(range(0, 9000, 100))

    def block() -> Any:
        return ws.runs.search(experiments="wide", order_by=order, columns=columns, limit=100, offset=next(offsets))

    show("a further block of the same order", repeat, block)
    show("default columns", repeat, lambda: _forget(ws).runs.search(experiments="wide"))
    words = _cycle([f"{n:02d}" for n in range(100)])
    show(
        "search for a column, after a change of the store",
        repeat,
        lambda: _forget(ws).runs.columns("wide", q=next(words)),
    )
    show("search for a column, on", repeat, lambda: ws.runs.columns("wide", q=next(words)))
    show("frame: 10 columns, 2,000 of all runs", repeat, lambda: ws.runs.frame("wide", columns=columns[:10]))
    show(
        "groups by a parameter with 5 metrics",
        repeat,
        lambda: ws.runs.groups("params.depth", experiments="wide", columns=columns[:5]),
    )
    print(f"memory grown: {_resident() - before:.0f} MB")
    long = ws.runs.search(experiments="long", columns=[], limit=LONG).ids
    query = SeriesRuns(run_ids=long, metrics=["loss"])
    show(f"{LONG} curves of {STEPS:,} steps", max(3, repeat // 4), lambda: series_runs(_forget(ws), query))
    show("the same curves while no run goes on", repeat, lambda: series_runs(ws, query))
    print(f"  {len(series_runs(ws, query).model_dump_json()) / 1000:.0f} kB")
    client = ws.tracking.client()
    experiment = client.get_experiment_by_name("wide").experiment_id
    theirs = show(
        "MLflow: search_runs of 100, sorted by a metric", 3,
        lambda: client.search_runs([experiment], order_by=[f"metrics.{next(keys)} DESC"], max_results=100),
    )  # fmt: skip
    print(f"CPU of a first page: 1/{theirs / ours:.0f} of MLflow's")
    print(
        json.dumps({"ours_cpu_ms": round(ours, 1), "mlflow_cpu_ms": round(theirs, 1), "ratio": round(ours / theirs, 4)})
    )


def show(title: str, repeat: int, action: Callable[[], object]) -> float:
    """Print the median CPU, the median and the 95th percentile of the wall time; return the CPU milliseconds."""
    cpu, wall = [], []
    for _ in range(repeat):
        start_cpu, start = time.process_time(), time.perf_counter()
        action()
        cpu.append((time.process_time() - start_cpu) * 1000)
        wall.append((time.perf_counter() - start) * 1000)
    p95 = sorted(wall)[min(len(wall) - 1, int(len(wall) * 0.95))]
    print(f"{title}: {statistics.median(cpu):.0f} ms CPU, {statistics.median(wall):.0f} ms (p95 {p95:.0f})")
    return statistics.median(cpu)


def _forget(ws: Any) -> Any:
    """Drop what is kept until the store changes, as any commit does; return the workspace."""
    ws.runs._reader._kept._kept.clear()
    ws.runs._reader._curves._kept.clear()
    return ws


def _cycle(items: Any) -> Iterator[Any]:
    while True:
        yield from items


def _resident() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
