"""The options of ``%%mlrun`` that say what is recorded and how."""

from __future__ import annotations

import argparse
from typing import Any

from mlnb.magics.base import UsageError


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add them to the parser."""
    made.add_argument(
        "--resume",
        nargs="?",
        const=True,
        metavar="NAME|ID",
        help="go on with the newest run of that name, or of this cell",
    )
    made.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME=TABLE",
        help="the frame in this variable was made from that table; may be repeated",
    )
    made.add_argument(
        "--autolog",
        action=argparse.BooleanOptionalAction,
        help="let MLflow log what libraries do in this cell; on by default",
    )
    made.add_argument("--no-figures", action="store_true", help="keep no figures")
    made.add_argument("--no-stdout", action="store_true", help="keep nothing that is printed")
    made.add_argument(
        "--system-metrics",
        action=argparse.BooleanOptionalAction,
        help="measure processor, memory, disk and network meanwhile; on by default",
    )
    made.add_argument(
        "--strict",
        action="store_true",
        help="refuse to run when the notebook from top to bottom would not make this run",
    )
    made.add_argument("--timeout", type=float, metavar="MINUTES", help="stop the cell after so long")
    made.add_argument("--dry-run", action="store_true", help="say what would be recorded, and run nothing")


def read(args: argparse.Namespace) -> dict[str, Any]:
    """Return what they say as options of ``ws.runs.start``."""
    return {
        "resume": args.resume,
        "data": dict(_table(text) for text in args.data),
        "autolog": args.autolog,
        "figures": False if args.no_figures else None,
        "stdout": False if args.no_stdout else None,
        "system_metrics": args.system_metrics,
        "strict": args.strict,
    }


def _table(text: str) -> tuple[str, str]:
    name, equals, table = (part.strip() for part in text.partition("="))
    if not equals or not name or not table:
        raise UsageError(f"%%mlrun: --data {text} is no NAME=TABLE.", hint="Write --data rows=main.ml.flights")
    return name, table
