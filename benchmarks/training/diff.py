"""Comparing two runs of 500 executed cells: time, and whether the cells are matched as they were edited.

Prints the CPU and wall time of a whole `ws.runs.diff` and of the cells alone, and how many of the planted edits, moves, insertions and
deletions were named as such.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

LINE = "frame_{n} = frame_{p}.assign(column_{n}=lambda rows: rows['value_{k}'] * {n} + {k})  # step {n}"


def notebook(count: int, chance: random.Random) -> list[dict[str, Any]]:
    """Return executed cells of 1 to 15 lines."""
    cells = []
    for number in range(count):
        lines = [LINE.format(n=number, p=max(0, number - 1), k=k) for k in range(chance.randint(1, 15))]
        cells.append({"position": number, "cell_id": f"cell-{number}", "source": "\n".join(lines)})
    return cells


def edited(cells: list[dict[str, Any]], chance: random.Random) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Change a tenth of the cells each by a line, remove 20, add 20, move 10; half of the cells lose their id."""
    out = [dict(cell) for cell in cells]
    told: Counter[str] = Counter()
    for place in chance.sample(range(len(out)), len(out) // 10):
        out[place]["source"] += f"\nprint({place})"
        told["changed"] += 1
    for place in sorted(
        chance.sample([i for i, cell in enumerate(out) if "print" not in cell["source"]], 20), reverse=True
    ):
        out.pop(place)
        told["removed"] += 1
    still = [cell for cell in out if "print" not in cell["source"]]
    for cell in chance.sample(still, 10):
        out.remove(cell)
        out.insert(chance.randrange(len(out)), cell)
        told["moved"] += 1
    for number in range(20):
        text = f"figure_{number}, axes_{number} = plot_something_else(kind='bar', title='{number}')"
        out.insert(chance.randrange(len(out)), {"cell_id": f"new-{number}", "source": text})
        told["added"] += 1
    for place, cell in enumerate(out):
        cell["position"] = place
        if chance.random() < 0.5:
            cell["cell_id"] = None
    return out, told


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cells", type=int, default=500)
    options.add_argument("--repeat", type=int, default=5)
    args = options.parse_args()
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ["MLNB_SERVER__SUPERVISOR"] = "false"
    from mlnb.door import Workspace

    ws: Any = Workspace(Path(tempfile.mkdtemp(prefix="mlnb-bench-")) / ".mlnb")
    chance = random.Random(5)
    a = notebook(args.cells, chance)
    b, told = edited(a, chance)
    ids: list[str] = []
    for cells in (a, b):
        with ws.runs.start("bench", experiment="bench", params={"depth": len(ids)}) as run:
            run.log(auc=0.5 + len(ids) / 10)
        ws.runs.write_artifacts(run.run_id, {"mlnb/executed.jsonl": "\n".join(map(json.dumps, cells))})
        ids.append(run.run_id)
    cpu, wall = [], []
    for _ in range(args.repeat):
        start_cpu, start = time.process_time(), time.perf_counter()
        found = ws.runs.diff(*ids)
        cpu.append((time.process_time() - start_cpu) * 1000)
        wall.append((time.perf_counter() - start) * 1000)
    print(f"diff of {args.cells} cells: {statistics.median(cpu):.0f} ms CPU, {statistics.median(wall):.0f} ms")
    seen = Counter(cell.change for cell in found.cells)
    for change, count in told.items():
        print(f"  {change}: {seen[change]} named, {count} made")
    ws.close()


if __name__ == "__main__":
    main()
