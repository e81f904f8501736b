"""How long runs take to be seen dead, and whether living ones are ever taken for dead, with a real supervisor and default settings.

Prints the seconds from ``kill -9`` of a run's process to KILLED, how often a run was taken for dead while a call held the interpreter
(``--minutes``), and for a run in the background: from the request to its first line, from its last line to the end, from Stop to KILLED.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PLAIN = """
import sys, time, mlnb
with mlnb.workspace().runs.start("killed", experiment="life") as run:
    print(run.run_id, file=sys.__stderr__, flush=True)
    time.sleep(3600)
"""
#: PyDLL keeps the interpreter for the whole call, as a long fit in C does.
HOLDS = """
import ctypes, sys, mlnb
with mlnb.workspace().runs.start("holds", experiment="life") as run:
    print(run.run_id, file=sys.__stderr__, flush=True)
    ctypes.PyDLL(None).sleep({seconds})
"""


def started(code: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start a script and return it with the id of its run."""
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    assert process.stderr is not None
    run_id = next(text for line in process.stderr if len(text := line.decode().strip()) == 32)
    threading.Thread(target=process.stderr.read, daemon=True).start()  # or a talkative library fills the pipe
    return process, run_id


def until(look: Callable[[], Any], seconds: float = 200, pause: float = 0.1) -> Any:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise SystemExit("it did not come in time")
        time.sleep(pause)
    return found


def killed(ws: Any) -> float:
    """Return the seconds from the kill to KILLED."""
    process, run_id = started(PLAIN)
    process.send_signal(signal.SIGKILL)
    process.wait()
    begin = time.monotonic()
    until(lambda: ws.runs._reader.get(run_id).status == "KILLED", pause=0.5)
    return time.monotonic() - begin


def held(ws: Any, minutes: float) -> tuple[int, float]:
    """Return how often a run was taken for dead while its process held the interpreter, and its longest silence in seconds."""
    process, run_id = started(HOLDS.format(seconds=int(minutes * 60)))
    dead, silence = 0, 0.0
    while process.poll() is None:
        dead += ws.runs._reader.get(run_id).status == "KILLED"
        silence = max(silence, time.time() - ws.runs.get(run_id).session["heartbeat_at"] / 1000)
        time.sleep(1)
    assert ws.runs._reader.get(run_id).status == "FINISHED"
    return dead, silence


def background(ws: Any) -> tuple[float, float, float]:
    """Return seconds from request to first line, from last line to the end, from Stop to KILLED."""
    begin = time.monotonic()
    run = ws.runs.background(
        "import time\nprint('begun', flush=True)\ntime.sleep(2)\nprint('last', flush=True)", name="b"
    )
    until(lambda: "begun" in run.log())
    first = time.monotonic() - begin
    until(lambda: "last" in run.log())
    begin = time.monotonic()
    until(lambda: run.state == "ENDED")
    end = time.monotonic() - begin
    run = ws.runs.background("import time\nprint('begun', flush=True)\ntime.sleep(3600)", name="stopped")
    until(lambda: "begun" in run.log())
    begin = time.monotonic()
    run.stop()
    until(lambda: run.status == "KILLED")
    return first, end, time.monotonic() - begin


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=2.0, help="how long the interpreter is held")
    minutes = arguments.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="life-") as folder:
        os.environ["MLNB_WORKSPACE"] = str(Path(folder) / ".mlnb")
        os.chdir(folder)
        import mlnb

        ws = mlnb.workspace()
        ws.supervisor.ensure()
        try:
            first, end, stopped = background(ws)
            print(
                f"background: request to first line {first:.1f} s, last line to end {end:.1f} s, Stop to KILLED {stopped:.1f} s"
            )
            results: list[tuple[int, float]] = []
            thread = threading.Thread(target=lambda: results.append(held(ws, minutes)))
            thread.start()
            print(f"kill -9 to KILLED: {killed(ws):.0f} s (goal 90 s)", flush=True)
            thread.join()
            dead, silence = results[0]
            print(
                f"interpreter held for {minutes:g} min: taken for dead {dead} times (goal 0), longest silence {silence:.0f} s"
            )
        finally:
            ws.supervisor.stop()


if __name__ == "__main__":
    main()
