"""``%runs``: list runs; ``%rundiff``: what differs between them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlnb.magics import background
from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser
from mlnb.magics.names import experiment_names, run_names

if TYPE_CHECKING:
    from mlnb.door import Workspace

_RUNS_DOC = """List runs, the newest first.

%runs "metrics.roc_auc > 0.7 AND params.depth = '6'" --experiment flights --sort metrics.roc_auc
%runs --columns metrics.loss,metrics.loss@min,params.depth
%runs --group params.depth --columns metrics.roc_auc

The filter is MLflow's. Show one run with ws.runs.get("NAME"), two side by side with %rundiff."""

_DIFF_DOC = """Say what differs between two runs: executed cells, data, environment, git, parameters, metrics, files.

%rundiff @best:roc_auc @last
%rundiff first second third

A run is named by its id, the first 8 characters of it, its name (the newest of that name), @last or @best:METRIC. More than two runs are
shown side by side with their parameters, metrics and tags."""


def _make_runs_parser() -> argparse.ArgumentParser:
    made = parser("%runs", _RUNS_DOC)
    made.add_argument("filter", nargs="*", help="MLflow's filter language; quote it")
    made.add_argument("--experiment", metavar="E", help="only of this experiment")
    made.add_argument("--sort", metavar="KEY", help="such as metrics.auc; the best first unless ASC or DESC is said")
    made.add_argument("--columns", metavar="A,B", help="such as metrics.loss,metrics.loss@min,params.depth")
    made.add_argument("--group", metavar="KEY", help="a line for each value of a parameter, tag or attribute")
    made.add_argument("--state", metavar="A,B", help="only RUNNING, FINISHED, FAILED, KILLED or SCHEDULED ones")
    made.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many (20)")
    made.add_argument("--deleted", action="store_true", help="those in the trash")
    made.add_argument("--running", action="store_true", help="those that go on in the background")
    return made


def _make_diff_parser() -> argparse.ArgumentParser:
    made = parser("%rundiff", _DIFF_DOC)
    made.add_argument("run", nargs="+", help="two runs; more are shown side by side")
    return made


def _list(call: MagicCall) -> object:
    args = call.args
    if args.running:
        return background.running(call)
    columns = _split(args.columns) if args.columns else None
    which = {
        "experiments": args.experiment,
        "order_by": best_first(args.sort) if args.sort else [],
        "deleted": args.deleted,
        "state": _split(args.state.upper()) if args.state else None,
    }
    text = " ".join(args.filter)
    found = _found(call, text, columns, which)
    asked = [*(columns or ()), *([args.group] if args.group else ()), *([key_of(args.sort)] if args.sort else ())]
    for line in [] if args.deleted else call.ws.runs.unknown(asked, text, experiments=args.experiment):
        sys.stdout.write(f"mlnb: {line}\n")
    return found


def _found(call: MagicCall, text: str, columns: list[str] | None, which: dict[str, Any]) -> object:
    args = call.args
    if args.group:
        from mlnb.display.runs import Groups

        return Groups(args.group, call.ws.runs.groups(args.group, text, columns=columns, **which))
    return call.ws.runs.search(text, columns=columns, limit=args.limit, **which)


def key_of(sort: str) -> str:
    """Return the column of a sort order."""
    from mlnb.training.reading.reader import parse_order

    ((key, _),) = parse_order([sort])
    return f"{key.kind}.`{key.name}`"


def best_first(sort: str) -> list[str]:
    """Return a sort order; a metric comes best first unless the way is said."""
    from mlnb.training.reading.reader import parse_order
    from mlnb.training.scoring.metrics import greater_is_better

    ((key, _),) = parse_order([sort])
    if sort.strip().upper().endswith((" ASC", " DESC")):
        return [sort]
    upwards = key.kind == "metrics" and not greater_is_better(key.metric)
    return [f"{key.kind}.`{key.name}` {'ASC' if upwards else 'DESC'}"]


def _diff(call: MagicCall) -> object:
    runs = call.args.run
    if len(runs) < 2:
        raise UsageError("%rundiff: one run differs from nothing.", hint="Name two: %rundiff @best:roc_auc @last")
    return call.ws.runs.diff(*runs) if len(runs) == 2 else call.ws.runs.compare(runs)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _sort_keys(ws: Workspace, prefix: str) -> Iterable[str]:
    keys = {column.key for item in ws.runs.experiments() for column in ws.runs.columns(item.experiment_id).columns}
    return sorted(key for key in keys if key.startswith(prefix))


def _groups(ws: Workspace, prefix: str) -> Iterable[str]:
    return [key for key in _sort_keys(ws, prefix) if not key.startswith("metrics.")]


MAGICS = [
    MagicSpec(
        name="runs",
        kinds=("line",),
        run=_list,
        make_parser=_make_runs_parser,
        complete={"--experiment": experiment_names, "--sort": _sort_keys, "--columns": _sort_keys, "--group": _groups},
    ),
    MagicSpec(name="rundiff", kinds=("line",), run=_diff, make_parser=_make_diff_parser, complete={"run": run_names}),
]
