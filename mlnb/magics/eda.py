"""``%eda``: profile a table, a data frame or a file on one page."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser, user_ns

if TYPE_CHECKING:
    from mlnb.door import Workspace

_DOC = """Show what data holds, what is wrong with it and what predicts the target, on one page.

%eda flights --target late                      a data frame of this notebook
%eda main.raw.flights --columns carrier,hour    a table (also main.raw.flights@v3)
%eda data/flights.csv --html flights.html       a file, the page also saved

The profile is the cell's value and is kept as _eda; _eda.to_pandas() has the figures."""


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%eda", _DOC)
    made.add_argument("data", metavar="DATA", help="a variable, else a table name, else a CSV or Parquet file")
    made.add_argument("--target", metavar="COLUMN", help="the column to predict: rank the others, look for leakage")
    made.add_argument("--columns", metavar="A,B", help="look at these columns only")
    made.add_argument("--sample", metavar="N", type=int, help="rows for associations (default 100,000)")
    made.add_argument("--html", metavar="FILE", help="save the page to this file too")
    return made


def _run(call: MagicCall) -> object:
    args = call.args
    columns = [name.strip() for name in args.columns.split(",") if name.strip()] if args.columns else None
    data = _variable(call, args.data)
    profile = call.ws.explore.profile(data, target=args.target, columns=columns, sample=args.sample, name=args.data)
    if args.html:
        call.ws.files.write_atomic(args.html, profile.to_html(standalone=True))
    call.shell.user_ns["_eda"] = profile
    return profile


def _variable(call: MagicCall, name: str) -> Any:
    """The user's variable of that name, else the name itself."""
    value = call.shell.user_ns.get(name, name)
    if value is None:
        raise UsageError(f"{name} is None.", hint="Run the cell that fills it first.")
    return value


def _names(ws: Workspace, prefix: str) -> Iterable[str]:
    frames = [name for name, value in user_ns().items() if hasattr(value, "columns") and not name.startswith("_")]
    return [*(name for name in frames if name.startswith(prefix)), *table_names(ws, prefix)]


def table_names(ws: Workspace, prefix: str) -> Iterable[str]:
    """Names of tables that start with ``prefix``, or of the catalogs and schemas on the way."""
    parts = prefix.split(".")
    if len(parts) == 1:
        found = [f"{item.name}." for item in ws.catalog.catalogs().items]
    elif len(parts) == 2:
        found = [f"{parts[0]}.{item.name}." for item in ws.catalog.schemas(parts[0]).items]
    else:
        found = [item.full_name for item in ws.catalog.tables(".".join(parts[:2])).items]
    return [name for name in found if name.startswith(prefix)]


MAGICS = [MagicSpec(name="eda", kinds=("line",), run=_run, make_parser=_make_parser, complete={"data": _names})]
