"""Eight processes ask for looks at once: exactly as many get one as are allowed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

PROGRAM = """
import sys
import mlnb
ws = mlnb.workspace()
from mlnb.scope.holdout_records import HoldoutSpentError
sys.stdin.readline()
for attempt in range(3):
    try:
        print("look", ws.scopes.holdouts.open("main.default.t", f"process {sys.argv[1]}").number)
    except HoldoutSpentError:
        print("spent")
same = ws.scopes.holdouts.look("main.default.other", purpose="evaluate", model_digest="one model")
print("same", same.number)
"""


def test_looks_are_exact_under_eight_processes(ws: Any, workspace_path: Path) -> None:
    for name, looks in (("t", 10), ("other", 5)):
        ws.catalog.write(f"main.default.{name}", pd.DataFrame({"k": range(100)}))
        ws.scopes.holdouts.declare(f"main.default.{name}", key="k", looks=looks)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(8)
    ]
    try:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        lines = [line for process in processes for line in process.communicate(timeout=120)[0].splitlines()]
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
    numbers = sorted(int(line.split()[1]) for line in lines if line.startswith("look"))
    assert numbers == list(range(1, 11))
    assert lines.count("spent") == 8 * 3 - 10
    assert lines.count("same 1") == 8
    holdouts = ws.scopes.holdouts
    assert (holdouts.get("main.default.t").looks_used, holdouts.get("main.default.t").state) == (10, "SPENT")
    assert holdouts.get("main.default.other").looks_used == 1
    events = [event.action for event in ws.journal.tail(limit=1000, after=0, subjects=["table:main.default.t"])]
    assert (events.count("holdout.looked"), events.count("holdout.spent")) == (10, 1)
