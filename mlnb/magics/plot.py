"""``%plot``: one picture of data in one line."""

from __future__ import annotations

import argparse

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser
from mlnb.magics.eda import _names

_DOC = """Draw one picture of data; it takes the notebook's theme and needs no running kernel to be seen.

%plot flights dep_delay                       its distribution
%plot flights dep_delay --by late             within each group
%plot flights dep_delay --over time_hour      its mean over time
%plot flights --pairs dep_delay,distance,air_time --by late

DATA is a variable, else a table's name, else a file. Rows that are held out are not in a picture."""


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%plot", _DOC)
    made.add_argument("data", metavar="DATA", help="a variable, else a table's name, else a CSV or Parquet file")
    made.add_argument("column", metavar="COLUMN", nargs="?", help="the column to draw")
    made.add_argument("--by", metavar="COLUMN", help="tell its groups apart by colour")
    made.add_argument("--over", metavar="COLUMN", help="the column of time")
    made.add_argument("--pairs", metavar="A,B", help="two to five columns against each other")
    made.add_argument("--where", metavar="SQL", help="only rows that satisfy this condition")
    made.add_argument("--html", metavar="FILE", help="save the picture to this file too")
    return made


def _run(call: MagicCall) -> object:
    args = call.args
    if args.pairs and args.column:
        raise UsageError("Either one column or --pairs.", hint="%plot --help explains the pictures.")
    if not args.pairs and not args.column:
        raise UsageError("Name a column, or several with --pairs.", hint="%plot --help explains the pictures.")
    data = call.shell.user_ns.get(args.data, args.data)
    if data is None:
        raise UsageError(f"{args.data} is None.", hint="Run the cell that fills it first.")
    kind = "pairs" if args.pairs else "trend" if args.over else "by_target" if args.by else "distribution"
    names = [name.strip() for name in args.pairs.split(",") if name.strip()] if args.pairs else [args.column]
    made = call.ws.explore.picture(data, kind, names, by=args.by, over=args.over, where=args.where)
    if args.html:
        call.ws.files.write_atomic(args.html, made.to_html(standalone=True))
    return made


MAGICS = [MagicSpec(name="plot", kinds=("line",), run=_run, make_parser=_make_parser, complete={"data": _names})]
