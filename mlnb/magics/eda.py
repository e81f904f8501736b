"""``%eda``: what a table, a data frame or a file holds, on one page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import MlnbError
from mlnb.magics.base import MagicCall, MagicParser, MagicSpec, UsageError, user_ns
from mlnb.magics.complete import words_before
from mlnb.magics.names import scope_names, table_names

if TYPE_CHECKING:
    from mlnb.door import Workspace

_DOC = """Show what data holds, what is wrong with it and what predicts the target, on one page.

%eda flights --target late                          a data frame of this notebook
%eda main.raw.flights --time time_hour              a table (also main.raw.flights@v3)
%eda data/flights.csv --html flights.html           a file, the page also saved
%eda train --compare test --target late             two sides, columns ranked by how much they differ
%eda main.raw.flights --split is_train              the two sides of one table
%eda status | %eda stop [ID]                        profiles that are made in the background

%%eda --target late                                 the rows of one query
SELECT * FROM main.raw.flights WHERE month < 7

The first page is from a sample and is replaced when all rows were read; interrupt keeps it. The profile is the cell's value and is kept as
_eda; _eda.to_pandas() has the figures."""

_COMMANDS = ("status", "stop")
_NONE = ("none", "all")


class LookInterruptedError(MlnbError):
    """The cell was interrupted before there was anything to show."""

    code = "CANCELLED"


def _make_parser() -> argparse.ArgumentParser:
    made = _Parser(
        prog="%eda", description=_DOC, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add = made.add_argument
    add("data", metavar="DATA", nargs="*", help="a variable, else a table name, else a CSV or Parquet file")
    add("--target", metavar="COLUMN", help="the column to predict: rank the others, look for leakage")
    add("--time", metavar="COLUMN", help="when a row happened: periods, gaps, drift, folds forward in time")
    add("--group", metavar="COLUMN", help="what rows belong to; its rows stay together")
    side = made.add_mutually_exclusive_group()
    side.add_argument("--compare", metavar="DATA", help="lay another table or frame beside it")
    side.add_argument("--split", metavar="COLUMN", help="compare the two sides of this column")
    add("--columns", metavar="A,B", help="look at these columns only")
    add("--exclude", metavar="COLUMN", action="append", default=[], help="leave this column out; may be repeated")
    add("--where", metavar="SQL", help="a condition that the rows satisfy")
    add("--sample", metavar="N|none", type=_sample, default="auto", help="rows of the first page; none takes all")
    add("--no-scan", action="store_true", help="stay with the sample: do not read all rows")
    add("--precise", action="store_true", help="quantiles, distinct and top values exactly too")
    add("--scope", metavar="NAME", help="a scope card: its target, and the columns it forbids")
    add("--include-holdout", metavar="REASON", help="with held-out rows: one counted look")
    add("--learning-curve", action="store_true", help="say whether more rows would help")
    add("--log", metavar="RUN", nargs="?", const="", help="log page and figures to MLflow: the active run, or this one")
    add("--report", metavar="FILE", nargs="?", const="", help="also make the full report, as a file")
    add("--notebook", metavar="FILE", help="also write a notebook in plain pandas")
    add("--html", metavar="FILE", help="save the page to this file too")
    add("--json", metavar="FILE", help="save the figures to this file too")
    add("--into", metavar="NAME", help="also keep the profile as this variable")
    add("--fresh", action="store_true", help="make it again also when this version was profiled before")
    add("--quiet", action="store_true", help="show nothing")
    return made


class _Parser(MagicParser):
    """Takes the data before, between and behind the options, which an optional positional alone does not."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        found, rest = self.parse_known_args(args, namespace)
        unknown = [word for word in rest if word.startswith("-")]
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        found.data = [*found.data, *rest]
        return found


def _sample(text: str) -> int | str | None:
    if text == "auto":
        return text
    if text.lower() in _NONE:
        return None
    try:
        return int(text.replace("_", "").replace(",", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number of rows nor none") from None


def _run(call: MagicCall) -> object:
    args = call.args
    words: list[str] = args.data
    if call.cell is None and words and words[0] in _COMMANDS and words[0] not in call.shell.user_ns:
        return _command(call, words)
    data, name = _data(call, words)
    if args.into is not None and not args.into.isidentifier():
        raise UsageError(f"{args.into!r} is no name for a variable.")
    from mlnb.magics.inplace import InPlace

    place = InPlace(call.shell, quiet=args.quiet)
    try:
        compared = args.compare is not None or args.split is not None
        made = _compare(call, data, name) if compared else _profile(call, data, name, place)
    except KeyboardInterrupt:
        place.clear()
        raise LookInterruptedError(
            "It was interrupted before the first page.", hint="Nothing was stored. --sample 10000 makes it quicker."
        ) from None
    namespace = call.shell.user_ns
    namespace["_eda"] = made
    if args.into is not None:
        namespace[args.into] = made
    made = place.finish(made)
    run_id = _write(call, made)
    _further(call, data, made, run_id)
    return made


def _profile(call: MagicCall, data: Any, name: str | None, place: Any) -> Any:
    args = call.args
    return call.ws.explore.profile(
        data,
        target=args.target,
        time_column=args.time,
        group=args.group,
        columns=_list(args.columns),
        exclude=args.exclude,
        where=args.where,
        sample=args.sample,
        scan=not args.no_scan,
        precise=args.precise,
        learning_curve=args.learning_curve,
        scope=args.scope,
        include_holdout=args.include_holdout,
        reuse=not args.fresh,
        name=name,
        on_page=place.page,
        on_progress=place.progress,
    )


def _compare(call: MagicCall, data: Any, name: str | None) -> Any:
    args = call.args
    right = _variable(call, args.compare) if args.compare is not None else None
    names = (name, args.compare) if name is not None and args.compare is not None else None
    return call.ws.explore.compare(
        data,
        right,
        split=args.split,
        target=args.target,
        time_column=args.time,
        group=args.group,
        names=names,
        columns=_list(args.columns),
        exclude=args.exclude,
        where=args.where,
        sample=args.sample,
        include_holdout=args.include_holdout,
    )


def _write(call: MagicCall, made: Any) -> str | None:
    """Write the files and the run that were asked for; return the run's id."""
    args, ws = call.args, call.ws
    if args.html:
        ws.files.write_atomic(args.html, made.to_html(standalone=True))
    if args.json:
        ws.files.write_atomic(args.json, made.model_dump_json(indent=2, exclude_none=True, by_alias=True))
    if args.log is None:
        return None
    run: str = ws.explore.log(made, args.log or None)
    if not args.quiet:
        sys.stdout.write(f"Logged to run {run}.\n")
    return run


def _further(call: MagicCall, data: Any, made: Any, run_id: str | None) -> None:
    """Make the notebook and the full report that were asked for."""
    args, ws = call.args, call.ws
    if args.notebook:
        profile = made if hasattr(made, "time_column") else None
        path = ws.explore.notebook(
            data, args.notebook, target=args.target, time_column=args.time, profile=profile, where=args.where
        )
        if not args.quiet:
            sys.stdout.write(f"Wrote {path}.\n")
    if args.report is not None:
        from mlnb.magics.inplace import follow

        handle = ws.explore.report(data, path=args.report or None, profile_id=made.id, run_id=run_id)
        follow(call.shell, handle, quiet=args.quiet)


def _data(call: MagicCall, words: list[str]) -> tuple[Any, str | None]:
    """Return what to look at, and what the page calls it."""
    if call.cell is not None:
        if words:
            raise UsageError(f"%%eda takes a query, not {words[0]}.", hint=f"Write %eda {words[0]} … on one line.")
        return _query(call, call.cell), None
    if len(words) != 1:
        given = " ".join(words)
        raise UsageError(
            f"%eda takes one table, frame or file{f', not: {given}' if words else ''}.",
            hint="Put options with their values behind it, for example %eda flights --target late.",
        )
    return _variable(call, words[0]), words[0]


def _query(call: MagicCall, text: str) -> Any:
    """Run the cell's query on tables and frames."""
    return call.ws.explore.query(text, call.shell.user_ns, frames=call.shell.user_ns)


def _variable(call: MagicCall, name: str) -> Any:
    """The user's variable of that name, else the name itself."""
    value = call.shell.user_ns.get(name, name)
    if value is None:
        raise UsageError(f"{name} is None.", hint="Run the cell that fills it first.")
    return value


def _list(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",") if name.strip()] if text else None


def _command(call: MagicCall, words: list[str]) -> object:
    """Show what is made in the background, or stop it."""
    explore = call.ws.explore
    if words[0] == "status" and len(words) == 1:
        return explore.running()
    if words[0] == "stop" and len(words) <= 2:
        ids = words[1:] or [info.id for info in explore.running().profiles]
        for profile_id in ids:
            explore.stop(profile_id)
        return explore.running()
    raise UsageError(f"%eda {' '.join(words)} is not understood.", hint="Write %eda status or %eda stop [ID].")


# -- completion ----------------------------------------------------------------------------------------------------------


def _names(ws: Workspace, prefix: str) -> Iterable[str]:
    frames = [name for name, value in user_ns().items() if hasattr(value, "columns") and not name.startswith("_")]
    commands = [word for word in _COMMANDS if prefix and word.startswith(prefix)]
    return [*(name for name in frames if name.startswith(prefix)), *table_names(ws, prefix), *commands]


def column_names(ws: Workspace, prefix: str) -> Iterable[str]:
    """Names of the columns of what the line is about; after a comma the next one of a list."""
    before, _, last = prefix.rpartition(",")
    start = f"{before}," if before else ""
    for word in words_before():
        columns = getattr(user_ns().get(word), "columns", None)
        if columns is not None:
            return [f"{start}{name}" for name in map(str, columns) if name.startswith(last)]
        if "." in word and not word.startswith("-"):
            table = ws.catalog.table(word.split("@v")[0])
            return [f"{start}{name}" for name in table.columns if name.startswith(last)]
    return []


MAGICS = [
    MagicSpec(
        name="eda",
        kinds=("line", "cell"),
        run=_run,
        make_parser=_make_parser,
        complete={
            "data": _names,
            "--compare": _names,
            "--scope": scope_names,
            **dict.fromkeys(("--target", "--time", "--group", "--split", "--columns", "--exclude"), column_names),
        },
    )
]
