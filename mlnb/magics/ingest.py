"""``%ingest``: files into a table, or what loading them would do."""

from __future__ import annotations

import argparse
import glob
import os
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser, user_ns
from mlnb.magics.names import table_names

if TYPE_CHECKING:
    from mlnb.catalog.ingest.watch import Watch
    from mlnb.door import Workspace

_DOC = """Load CSV, JSON or Parquet files, or a data frame of this notebook, into a table, each file once.

%ingest data/orders.csv --preview                     types with their reasons, and what would be rejected
%ingest data/orders.csv --as main.raw.orders
%ingest data/2024/*.csv.gz --as main.raw.orders --type zip=string --max-rejects 0.01
%ingest my_frame --as main.raw.orders --mode replace

Rows that do not fit are kept in the table _rejected_NAME with file, line and reason. The report is the cell's value and is kept
as _ingest."""

#: Seconds after which a load shows how far it is, and between two looks at that.
_PATIENCE_S = 1.0
_PERIOD_S = 0.3


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%ingest", _DOC)
    made.add_argument(
        "paths", nargs="+", metavar="PATH", help="files, patterns, folders, /Volumes/…, or one data frame"
    )
    made.add_argument("--as", dest="table", metavar="NAME", help="the table, catalog.schema.table")
    made.add_argument("--mode", choices=("append", "create", "replace"), default="append", help="default: append")
    made.add_argument("--preview", action="store_true", help="say what would happen, and write nothing")
    made.add_argument(
        "--type", dest="types", action="append", default=[], metavar="COLUMN=TYPE", help="type of a column"
    )
    made.add_argument("--max-rejects", type=float, default=0.1, metavar="R", help="share of rows that may fail to fit")
    made.add_argument("--format", choices=("auto", "csv", "json", "jsonl", "parquet"), default="auto")
    made.add_argument("--date-format", metavar="F", help="how dates are written: dd/MM/yyyy")
    made.add_argument("--delimiter", metavar="C", help="of a CSV")
    made.add_argument("--encoding", default="utf-8", metavar="E", help="of a CSV; default: utf-8")
    made.add_argument("--null", dest="nulls", action="append", metavar="TEXT", help="a text that means missing")
    made.add_argument("--pattern", metavar="GLOB", help="of the files in a folder")
    made.add_argument("--force", action="store_true", help="load files again that were loaded before")
    made.add_argument("--merge-schema", action="store_true", help="add new columns to the table")
    return made


def _run(call: MagicCall) -> object:
    args = call.args
    options: dict[str, Any] = {
        "mode": args.mode,
        "force": args.force,
        "types": dict(_type(item) for item in args.types),
        "max_rejects": args.max_rejects,
        "format": args.format,
        "date_format": args.date_format,
        "delimiter": args.delimiter,
        "encoding": args.encoding,
        "nulls": args.nulls,
        "pattern": args.pattern,
        "merge_schema": args.merge_schema,
    }
    source = args.paths
    if args.preview:
        return call.ws.catalog.preview_ingest(source, name=args.table, **options)
    if args.table is None:
        raise UsageError(
            "%ingest: the table's name is missing.", hint="Add --as main.default.NAME, or --preview to look first."
        )
    if len(source) == 1 and hasattr(call.shell.user_ns.get(source[0]), "columns"):
        source = call.shell.user_ns[source[0]]
    watch = _watch()
    try:
        report = call.ws.catalog.ingest(source, args.table, watch=watch, **options)
    finally:
        watch.report(0, 0, "")
    call.shell.user_ns["_ingest"] = report
    return report


def _type(item: str) -> tuple[str, str]:
    name, equals, kind = item.partition("=")
    if not equals:
        raise UsageError(f"{item!r} is no type.", hint="Write --type COLUMN=TYPE, for example --type zip=string.")
    return name, kind


def _watch() -> Watch:
    """Return what shows how far a load is, once it takes longer than people like to wait."""
    from mlnb.catalog.ingest.watch import Watch

    started = time.monotonic()

    class Shown(Watch):
        def __init__(self) -> None:
            super().__init__()
            self._handle: Any = None
            self._last = 0.0

        def report(self, done: float, total: float, message: str) -> None:
            from IPython.display import HTML, display

            from mlnb.display.catalog import progress_html

            now = time.monotonic()
            if self._handle is not None and not message:
                self._handle.update(HTML(""))  # type: ignore[no-untyped-call]
            elif now - started >= _PATIENCE_S and now - self._last >= _PERIOD_S and message:
                self._last = now
                shown = HTML(progress_html(done, total, message))  # type: ignore[no-untyped-call]
                if self._handle is None:
                    self._handle = display(shown, display_id=True)  # type: ignore[no-untyped-call]
                else:
                    self._handle.update(shown)

    return Shown()


def _paths(ws: Workspace, prefix: str) -> Iterable[str]:
    """Names of files and folders that start with ``prefix``, and of data frames."""
    frames = [name for name, value in user_ns().items() if hasattr(value, "columns") and not name.startswith("_")]
    found = [
        path.removeprefix(base) + ("/" if os.path.isdir(path) else "")
        for base in ("", f"{ws.root}/")
        for path in sorted(glob.glob(glob.escape(base + prefix) + "*"))
    ]
    return dict.fromkeys([*found, *(name for name in frames if name.startswith(prefix))])


MAGICS = [
    MagicSpec(
        name="ingest",
        kinds=("line",),
        run=_run,
        make_parser=_make_parser,
        complete={"paths": _paths, "--as": table_names},
    )
]
