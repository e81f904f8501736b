"""``%replay``: make a run again in a clean process and say whether it comes out the same."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from mlnb.magics.base import MagicCall, MagicSpec, parser
from mlnb.magics.names import run_names

if TYPE_CHECKING:
    from mlnb.training.records_replay import ReplayReport

_DOC = """Make a run again in a clean process and say whether it comes out the same.

%replay first
%replay @best:auc --notebook --data latest

The cells the run follows from are executed from top to bottom in a fresh kernel, on the versions of tables that it read. What they write
goes to a schema that is dropped afterwards, and nothing else of the workspace is changed. The verdict is IDENTICAL, WITHIN_TOLERANCE,
DIFFERENT or FAILED, with the causes in the order in which they are worth looking at: code, data, environment, seeds."""

#: Seconds between two looks.
_LOOK_S = 0.5
_DONE = ("done", "failed", "skipped")


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%replay", _DOC)
    made.add_argument("run", help="id, the first 8 characters of it, name, @last or @best:METRIC")
    which = made.add_mutually_exclusive_group()
    which.add_argument(
        "--cells", action="store_true", help="the executed cells that the run follows from (the default)"
    )
    which.add_argument(
        "--notebook", action="store_true", help="all code cells of the notebook as it was, down to the run's"
    )
    made.add_argument(
        "--env", choices=["same", "locked"], default="same", help="these packages, or those of the run's lock"
    )
    made.add_argument(
        "--data", choices=["pinned", "latest"], default="pinned", help="tables as they were, or as they are"
    )
    made.add_argument("--rtol", type=float, default=1e-9, metavar="X", help="relative tolerance of metrics (1e-9)")
    made.add_argument("--atol", type=float, default=0.0, metavar="X", help="absolute tolerance of metrics (0)")
    made.add_argument("--timeout", type=float, metavar="MINUTES", help="stop it after so long")
    made.add_argument("--no-wait", action="store_true", help="return at once; ws.runs.replay_report(id) says more")
    return made


def _run(call: MagicCall) -> object:
    from mlnb.training.recording.time_limit import check_minutes

    args, runs = call.args, call.ws.runs
    check_minutes(args.timeout)
    report = runs.replay(
        args.run,
        mode="notebook" if args.notebook else "cells",
        env=args.env,
        data=args.data,
        rtol=args.rtol,
        atol=args.atol,
        timeout=None if args.timeout is None else args.timeout * 60,
    )
    return report if args.no_wait or report.verdict is not None else _wait(call, report)


def _wait(call: MagicCall, report: ReplayReport) -> Any:
    """Say how far it is until it is over; an interrupt stops it."""
    from mlnb.magics.inplace import InPlace

    runs, place, run_id = call.ws.runs, InPlace(call.shell), report.replay_run_id
    try:
        while report.verdict is None:
            info = runs.background_info(run_id)
            done = sum(cell.state in _DONE for cell in info.cells)
            running = next((cell for cell in info.cells if cell.state == "running"), None)
            said = call.ws.progress.get(f"run:{run_id}")
            waiting = said.message if said is not None and said.message else "a clean kernel starts"
            doing = running.source.strip().partition("\n")[0][:60] if running is not None else waiting[:80]
            place.progress(done / max(1, len(info.cells)), f"replay: {doing}")
            report = runs.wait_for_replay(run_id, _LOOK_S)
    except KeyboardInterrupt:
        runs.stop(run_id)
        report = runs.wait_for_replay(run_id, 30)
    return place.finish(report)


MAGICS = [
    MagicSpec(name="replay", kinds=("line",), run=_run, make_parser=_make_parser, complete={"run": run_names}),
]
