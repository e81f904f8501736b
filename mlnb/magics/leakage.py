"""``%leakage``: which columns give the target away, before anything is trained."""

from __future__ import annotations

import argparse

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser
from mlnb.magics.eda import _names, column_names
from mlnb.magics.names import scope_names

_DOC = """Say which columns give the target away: copies of it, what is known only afterwards, what predicts it alone.

%leakage flights --target late
%leakage main.ml.train --target churned --time month --group customer

What blocks stops a training that a scope card guards; a finding that is no leak is dismissed with a reason:
ws.explore.dismiss(id, reason). The verdict is the cell's value and is kept as _leakage."""


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%leakage", _DOC)
    made.add_argument("data", metavar="DATA", help="a variable, else a table name, else a CSV or Parquet file")
    made.add_argument("--target", metavar="COLUMN", help="the column to predict")
    made.add_argument("--time", metavar="COLUMN", help="when a row happened: what is later comes too late")
    made.add_argument("--group", metavar="COLUMN", help="what rows belong to")
    made.add_argument("--scope", metavar="NAME", help="a scope card: its target, and the columns it forbids")
    return made


def _run(call: MagicCall) -> object:
    args = call.args
    data = call.shell.user_ns.get(args.data, args.data)
    if data is None:
        raise UsageError(f"{args.data} is None.", hint="Run the cell that fills it first.")
    verdict = call.ws.explore.leakage(
        data, args.target, time_column=args.time, group=args.group, scope=args.scope, name=args.data
    )
    call.shell.user_ns["_leakage"] = verdict
    return verdict


MAGICS = [
    MagicSpec(
        name="leakage",
        kinds=("line",),
        run=_run,
        make_parser=_make_parser,
        complete={
            "data": _names,
            "--scope": scope_names,
            **dict.fromkeys(("--target", "--time", "--group"), column_names),
        },
    )
]
