"""``%%sql`` and ``%sql``: query the catalog's tables and the notebook's data frames."""

from __future__ import annotations

import argparse
import json
import keyword
import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser
from mlnb.magics.names import table_names

if TYPE_CHECKING:
    pass

_DOC = """Run SQL on tables of the catalog and data frames of this notebook; a semicolon separates statements.

%%sql
SELECT carrier, avg(dep_delay) AS delay FROM main.raw.flights WHERE month = :m GROUP BY carrier

%%sql delays <<                      also keep the rows as the data frame `delays`
%sql SELECT * FROM main.raw.flights LIMIT 5
%sql rows << SELECT * FROM my_frame  my_frame is a variable of this notebook

:name takes the value of a variable of that name, or of --params. The rows are also in `_sqldf`."""

_ASSIGN = re.compile(r"\s*([A-Za-z_]\w*)\s*<<\s*(.*)\Z", re.DOTALL)


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%%sql", _DOC)
    made.add_argument("--limit", type=int, metavar="N", help="return at most N rows")
    made.add_argument("--params", metavar="JSON", help='values of :name, for example {"m": 7}')
    made.add_argument(
        "--to", choices=("pandas", "polars", "arrow"), default="pandas", help="what `_sqldf` and NAME become"
    )
    made.add_argument("--engine", choices=("duckdb", "spark"), help="where it runs (default: sql_engine in [catalog])")
    made.add_argument("--plan", action="store_true", help="show how it would be run, and run nothing")
    made.add_argument("--quiet", action="store_true", help="show nothing")
    return made


class _Variables(MutableMapping[str, Any]):
    """The user's variables as parameters, and widgets: only those a statement names are looked at."""

    def __init__(self, namespace: MutableMapping[str, Any], given: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._given = given

    def __getitem__(self, name: str) -> Any:
        return self._given[name] if name in self._given else self._namespace[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._namespace[name] = value

    def __delitem__(self, name: str) -> None:
        del self._namespace[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __contains__(self, name: object) -> bool:
        return name in self._given or name in self._namespace

    def __len__(self) -> int:
        return len(self._given)


def _run(call: MagicCall) -> object:
    name, text = _statement(call.args.line, call.cell)
    namespace = call.shell.user_ns
    params = _Variables(namespace, _params(call.args.params))
    if call.args.plan:
        return call.ws.catalog.explain(text, params, frames=namespace)
    bar = _Bar()
    try:
        result = call.ws.sql(
            text, params, frames=namespace, limit=call.args.limit, engine=call.args.engine, on_progress=bar
        )
        frame = getattr(result, f"to_{call.args.to}")()
    finally:
        bar.close()
    if result.columns:
        namespace["_sqldf"] = frame
    if name is not None:
        namespace[name] = frame
    return None if call.args.quiet else result


class _Bar:
    """A line below the cell that says how far the statement is; it is there only while it runs."""

    def __init__(self) -> None:
        self._handle: Any = None

    def __call__(self, share: float | None, seconds: float) -> None:
        from IPython.display import HTML, display

        width = f' value="{share:.3f}"' if share is not None else ""
        done = f"{share:.0%} · " if share is not None else ""
        shown = HTML(  # type: ignore[no-untyped-call]
            f'<progress max="1"{width} style="width:16em"></progress> <span>{done}{seconds:.0f} s · stop the cell to cancel</span>'
        )
        if self._handle is None:
            self._handle = display(shown, display_id=True)  # type: ignore[no-untyped-call]
        elif self._handle is not None:
            self._handle.update(shown)

    def close(self) -> None:
        """Take the line away."""
        if self._handle is not None:
            from IPython.display import HTML

            self._handle.update(HTML(""))  # type: ignore[no-untyped-call]


def _statement(line: str, cell: str | None) -> tuple[str | None, str]:
    """Return the variable to assign to, if any, and the statement."""
    match = _ASSIGN.match(line)
    name, rest = (match[1], match[2]) if match else (None, line)
    if name is not None and keyword.iskeyword(name):
        raise UsageError(f"{name} is no name for a variable.")
    text = f"{rest}\n{cell}" if cell is not None and rest.strip() else cell if cell is not None else rest
    if not text.strip():
        raise UsageError("There is no statement.", hint="Write %sql SELECT …, or put the statement into a %%sql cell.")
    return name, text


def _params(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--params is no JSON: {error}.", hint="""Write --params '{"m": 7}'.""") from None
    if not isinstance(found, dict):
        raise UsageError("--params takes an object.", hint="""Write --params '{"m": 7}'.""")
    return found


MAGICS = [
    MagicSpec(
        name="sql",
        kinds=("line", "cell"),
        run=_run,
        make_parser=_make_parser,
        complete={"line": table_names},
        raw=True,
    )
]
