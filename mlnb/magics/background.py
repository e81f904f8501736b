"""``%%mlrun --background``: the cell becomes a run in a process of its own."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.magics.base import MagicCall, UsageError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mlnb.training.background.plan import PlannedCell
    from mlnb.training.recording.source import Cell

_ONLY = "only with --background"


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add the options of runs in the background."""
    made.add_argument(
        "--background", action="store_true", help="in a process of its own, which outlives this kernel and Jupyter"
    )
    made.add_argument(
        "--with",
        dest="before",
        choices=["above", "setup", "none"],
        help=f"{_ONLY}: execute the code cells above first (the default), those tagged setup, or none",
    )
    made.add_argument("--send", metavar="a,b", help=f"{_ONLY}: give these variables to the run")
    made.add_argument("--executor", metavar="local|dask://…", help=f"{_ONLY}: where the process runs")
    # What the cell of a run in the background is headed with in its kernel.
    made.add_argument("--as", dest="adopt", help=argparse.SUPPRESS)


def check_arguments(args: argparse.Namespace) -> None:
    """Refuse what says something about a run in the background when the run is not one: it would be ignored without a word."""
    given = {"--with": args.before, "--send": args.send, "--executor": args.executor}
    for option, value in given.items():
        if value is not None and not args.background:
            raise UsageError(f"%%mlrun: {option} works {_ONLY}.", hint=f"Add --background, or leave {option} out.")


def start(call: MagicCall, cell: Cell, options: Mapping[str, Any]) -> None:
    """Start the cell as a run in the background and show it live."""
    from mlnb.display.background import show_live
    from mlnb.magics.inplace import Waiting
    from mlnb.training.background.sending import chosen

    args = call.args
    names = [name.strip() for name in (args.send or "").split(",") if name.strip()]
    given = {key: value for key, value in options.items() if value is not None and value not in ([], {})}
    with Waiting(call.shell, "the run is handed over", quiet=args.quiet):
        run = call.ws.runs.background(
            cell.source,
            cells_above=_before(call, cell, args.before or "above"),
            send=chosen(names, _own(call.shell)) if names else None,
            executor=args.executor,
            timeout=args.timeout * 60 if getattr(args, "timeout", None) else None,
            cell_id=cell.cell_id,
            **given,
        )
    if not args.quiet:
        show_live(run)


def _own(shell: InteractiveShell) -> dict[str, Any]:
    """Return the user's variables without those that IPython put there."""
    hidden = shell.user_ns_hidden
    return {name: value for name, value in shell.user_ns.items() if name not in hidden or hidden[name] is not value}


def _before(call: MagicCall, cell: Cell, which: str) -> list[PlannedCell]:
    """Return the cells of the saved notebook that are executed first."""
    from mlnb.magics.hooks import notebook_path
    from mlnb.training.background.notebook import cells_above, setup_cells

    if which == "none":
        return []
    found = notebook_path(call.shell)
    path = None if found is None else Path(found) if Path(found).is_absolute() else call.ws.root / found
    if path is None or path.suffix != ".ipynb":
        raise UsageError(
            "%%mlrun --background: this kernel belongs to no notebook, so there are no cells above.",
            hint="Write --with none, and --send the variables it needs.",
        )
    return cells_above(path, cell.cell_id, cell.source) if which == "above" else setup_cells(path, cell.cell_id)


def running(call: MagicCall) -> object:
    """Return the runs in the background that are not over."""
    from mlnb.display.background import Listing

    return Listing(call.ws.runs.backgrounds())
