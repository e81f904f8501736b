"""How commands print: a table for people, JSON for programs, errors with a hint and exit code 1."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click
from pydantic import BaseModel

P = ParamSpec("P")
R = TypeVar("R")

_WIDEST = 60  # characters of one cell; what is longer is cut in the table and whole in --json


def json_option(command: Callable[P, R]) -> Callable[P, R]:
    """Add ``--json``; the command receives it as ``json_flag``."""
    return click.option("--json", "json_flag", is_flag=True, help="Print JSON instead of a table.")(command)


def as_dict(row: Any) -> dict[str, Any]:
    """Turn a record or a mapping into plain data."""
    if isinstance(row, BaseModel):
        return row.model_dump(mode="json", exclude_none=True)
    return dict(row)


def emit(
    rows: Any, json_flag: bool = False, *, columns: Sequence[str] | None = None, empty: str = "Nothing here yet."
) -> None:
    """Print rows, or one record, as a table or as JSON.

    Parameters
    ----------
    rows
        An iterable of records or mappings, or a single one, which prints as name and value pairs.
    json_flag
        Print JSON: an array for rows, an object for a single record.
    columns
        Which keys the table shows, in this order; JSON always has all of them.
    empty
        What to say when there are no rows.
    """
    if isinstance(rows, (BaseModel, Mapping)):
        record = as_dict(rows)
        if json_flag:
            _print_json(record)
        else:
            shown = {key: record.get(key) for key in (columns or record)}
            width = max((len(key) for key in shown), default=0)
            for key, value in shown.items():
                click.echo(f"{key:<{width}}  {_text(key, value)}")
        return
    plain = [as_dict(row) for row in rows]
    if json_flag:
        _print_json(plain)
    elif not plain:
        click.echo(empty)
    else:
        _print_table(plain, columns or list(dict.fromkeys(key for row in plain for key in row)))


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    cells = [[_cut(_text(column, row.get(column))) for column in columns] for row in rows]
    widths = [max(len(column), *(len(row[i]) for row in cells)) for i, column in enumerate(columns)]
    for line in ([*columns], ["-" * width for width in widths], *cells):
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _text(key: str, value: Any) -> str:
    """Show a value for people: times as local date and time, structures as compact JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if (
        isinstance(value, int)
        and value > 10**12
        and (key in ("time", "at") or key.endswith(("_time", "_at", "_ms", "time_ms")))
    ):
        return datetime.fromtimestamp(value / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def fail(message: str, hint: str | None = None, snippet: str = "") -> None:
    """Print an error the way all commands do, with the marked line of a statement, and leave with exit code 1."""
    click.secho(f"Error: {message}", fg="red", err=True)
    for line in snippet.splitlines():
        click.echo(f"    {line}", err=True)
    if hint:
        click.echo(f"Hint: {hint}", err=True)
    sys.exit(1)


def workspace_command(function: Callable[..., R]) -> Callable[..., R]:
    """Pass the current workspace as first argument, with the command line as the caller."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> R:
        import mlnb
        from mlnb.core.caller import Caller, calling

        ws = mlnb.workspace()
        with calling(Caller(principal=ws.user, source="cli")):
            return function(ws, *args, **kwargs)

    return run
